"""Asks the running server over its control socket."""

import json
import socket


class NotRunning(Exception):
    pass


def ask(path, command, arguments, options, timeout=60):
    """The answer as a dict. Raises NotRunning, PermissionError or TimeoutError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(timeout)
        try:
            client.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            raise NotRunning from None
        client.sendall(json.dumps({'command': command, 'arguments': arguments, 'options': options}).encode() + b'\n')
        content = b''
        while not content.endswith(b'\n'):
            part = client.recv(65536)
            if not part:
                raise NotRunning
            content += part
    return json.loads(content)
