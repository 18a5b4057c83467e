"""A certificate that nobody signed but its owner, as many receivers on port 25 have one."""

import ssl
import subprocess
from pathlib import Path


def server_context(folder: str, names: list[str]) -> ssl.SSLContext:
    """TLS with a self-signed certificate for these names, made when the folder has none."""
    key, certificate = Path(folder, "tls.key"), Path(folder, "tls.crt")
    if not certificate.exists():
        make_certificate(key, certificate, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def make_certificate(key: Path, certificate: Path, names: list[str]) -> None:
    part = certificate.with_suffix(".part")
    command = ["openssl", "req", "-x509", "-nodes", "-days", "3650", "-newkey", "ec"]
    command += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", str(key), "-out", str(part)]
    command += ["-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={','.join(f'DNS:{name}' for name in names)}"]
    subprocess.run(command, check=True, capture_output=True)
    part.rename(certificate)
