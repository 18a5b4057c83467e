"""Runs a server in a process of its own, for the tests that kill it: server_process.py FOLDER."""

import asyncio
import sys

import support  # noqa: F401  (puts the stand-in on the path)
from pmta_stand_in import configuration
from pmta_stand_in.listeners import Listeners
from pmta_stand_in.paths import Paths
from pmta_stand_in.server import Server


async def main(folder):
    config = configuration.load(folder)
    sockets = Listeners.bind(config.listeners)
    server = Server(Paths(etc=folder, run=folder, log=folder, state=folder), config)
    server.prepare()
    await server.listeners.serve(config.listeners, sockets)
    server.start()
    print('started', flush=True)
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1]))
