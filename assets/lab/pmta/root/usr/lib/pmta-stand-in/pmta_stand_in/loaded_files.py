"""The files that a configuration names: keys and certificates, read when it is loaded."""

import ssl

from dkim.crypto import UnparsableKeyError, parse_pem_private_key


class StartError(Exception):
    """Why the server cannot start, or a configuration cannot be loaded."""


def load_files(config):
    """({certificate or '': TLS context}, {key file: PEM}). Raises StartError on what this user cannot read.

    The facts leave open whether the product starts without a key; starting with unsigned mail is what the lab must catch.
    """
    keys = {}
    for selector, domain, file in config.every_domain_key():
        if file.startswith('{vault}:'):
            continue
        keys[file] = _read(file, f'domain-key {selector},{domain}')
        _check_key(keys[file], f'domain-key {selector},{domain}: {file}')
    contexts = {}
    certificates = {'': config.settings.get('smtp-server-tls-certificate', '')}
    certificates.update({one.certificate: one.certificate for one in config.listeners if one.certificate})
    for key, value in certificates.items():
        if value:
            contexts[key] = _context(*value.split(None, 1), config=config)
    return contexts, keys


def _check_key(content, subject):
    """Keys are RSA, unencrypted, PKCS#1 or PKCS#8."""
    if b'PRIVATE KEY-----' not in content:
        raise StartError(f'{subject} is not a PEM private key')
    try:
        parse_pem_private_key(content)
    except (UnparsableKeyError, ValueError, IndexError, TypeError):
        raise StartError(f'{subject} is not an unencrypted RSA key') from None


def _read(path, subject):
    try:
        with open(path, 'rb') as handle:
            return handle.read()
    except OSError as error:
        raise StartError(f'{subject}: cannot read {path}: {error.strerror}') from None


def _context(path, password=None, *, config):
    _read(path, 'TLS certificate')
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old = config.flag('smtp-server-tls-allow-tlsv1.1', False)
    context.minimum_version = ssl.TLSVersion.TLSv1_1 if old else ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(path, password=(password or '').strip('"'))
    except (ssl.SSLError, OSError) as error:
        raise StartError(f'TLS certificate {path}: {error}') from None
    return context
