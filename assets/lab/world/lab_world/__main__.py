"""Starts the providers: `python3 -m lab_world SETTINGS`."""

import asyncio
import signal
import socket
import sys
import threading

from .certificate import server_context
from .control import Control
from .lookups import Lookups
from .notify import notify_ready
from .receiver import Receiver
from .rules import Rules
from .settings import Settings, read_settings
from .store import Store

SMTP_PORT = 25
# linux/in.h. An address of the list may come up a moment after this service.
IP_FREEBIND = 15


async def serve(settings: Settings) -> None:
    rules, store = Rules(), Store(settings.folder)
    lookups = Lookups(settings.resolver)
    tls = server_context(settings.folder, [provider.exchange for provider in settings.providers])
    loop = asyncio.get_running_loop()
    for provider in settings.providers:
        receiver = Receiver(provider, rules, store, lookups, tls)
        await loop.create_server(receiver.connection, sock=listener(provider.address))
    control = Control(settings.control, store, rules, settings.providers, lookups)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    notify_ready()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


def listener(address: str) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
    sock.bind((address, SMTP_PORT))
    return sock


asyncio.run(serve(read_settings(sys.argv[1])))
