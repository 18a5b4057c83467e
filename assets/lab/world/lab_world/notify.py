"""Tells systemd that a service works now (sd_notify(3))."""

import os
import socket


def notify_ready() -> None:
    if path := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.connect(path.replace("@", "\0", 1))
            sock.send(b"READY=1")
