"""The listening sockets, one asyncio server each; a reload opens and closes only what differs."""

import asyncio
import os
import socket

from . import local_addresses
from .smtp_server import LINE_LIMIT


class ListenError(Exception):
    pass


class Listeners:
    def __init__(self, on_connection):
        self._on_connection = on_connection
        self._open = {}  # (address, port): asyncio server
        self._specs = {}

    def spec(self, key):
        return self._specs[key]

    def addresses(self):
        return sorted(self._specs)

    @staticmethod
    def bind(listeners, already=()):
        """{(address, port): socket} of what is not open yet. Raises ListenError; then nothing stays bound."""
        sockets = {}
        try:
            for key in _keys(listeners):
                if key not in already and key not in sockets:
                    sockets[key] = _bind(*key)
        except ListenError:
            for one in sockets.values():
                one.close()
            raise
        return sockets

    async def serve(self, listeners, sockets):
        """Serves the sockets bound before, and closes what the listeners no longer name."""
        wanted = _keys(listeners)
        for key in [key for key in self._open if key not in wanted]:
            self._open.pop(key).close()
        self._specs = {**self._specs, **wanted}
        for key, one in sockets.items():
            self._open[key] = await asyncio.start_server(self._handler(key), sock=one, limit=LINE_LIMIT, backlog=128)
        self._specs = wanted

    def rebind(self, listeners):
        return self.bind(listeners, self._open)

    def _handler(self, key):
        async def handle(reader, writer):
            await self._on_connection(reader, writer, key)

        return handle

    def close(self):
        for server in self._open.values():
            server.close()
        self._open = {}


def _keys(listeners):
    """{(address, port): listener}; a network stands for every local address in it."""
    keys = {}
    for one in listeners:
        if one.network.prefixlen == 0:
            addresses = ['::' if one.network.version == 6 else '0.0.0.0']
        elif one.network.num_addresses == 1:
            addresses = [str(one.network.network_address)]
        else:
            addresses = [text for text in local_addresses.all_ipv4() if _inside(text, one.network)]
            if not addresses:
                raise ListenError(f'smtp-listener {one.network}:{one.port}: no address of this host is in that network')
        keys.update({(address, one.port): one for address in addresses})
    return keys


def _inside(text, network):
    import ipaddress

    address = ipaddress.ip_address(text)
    return address.version == network.version and address in network


def _bind(address, port):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, port))
        one.listen(128)
        one.setblocking(False)
        return one
    except OSError as error:
        one.close()
        raise ListenError(f'cannot listen on {address}:{port}: {os.strerror(error.errno)}') from None
