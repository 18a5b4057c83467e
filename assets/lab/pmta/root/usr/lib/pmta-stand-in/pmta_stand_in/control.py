"""The Unix socket between `pmta` and `pmtad`: one JSON line asks, one JSON line answers. Its file's mode is who may ask."""

import asyncio
import json
import os
import socket

from . import commands
from .answer import Reply


def bind(path, group):
    """The socket, 0660 root:pmta; what a dead server left is replaced."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if group is not None:
        os.chown(os.path.dirname(path), -1, group)
        os.chmod(os.path.dirname(path), 0o770)
    if os.path.exists(path):
        os.unlink(path)
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)
    try:
        one.bind(path)
    finally:
        os.umask(before)
    if group is not None:
        os.chown(path, -1, group)
    one.listen(16)
    one.setblocking(False)
    return one


async def serve(server, one):
    async def handle(reader, writer):
        try:
            request = json.loads(await asyncio.wait_for(reader.readline(), 10))
            reply = await answer(server, request)
            writer.write(json.dumps({'ok': reply.ok, 'text': reply.text, 'data': reply.data}).encode() + b'\n')
            await writer.drain()
        except (ValueError, KeyError, ConnectionError, asyncio.TimeoutError) as error:
            server.log.warning('control: %r', error)
        finally:
            writer.close()

    return await asyncio.start_unix_server(handle, sock=one)


async def answer(server, request):
    handler = commands.HANDLERS.get(request['command'])
    if handler is None:
        return Reply(False, f'Error: this stand-in has no "{request["command"]}".')
    reply = handler(server, request['arguments'], request['options'])
    return await reply if asyncio.iscoroutine(reply) else reply
