"""`pmtad`: starts the server, says so to systemd, and stops in order on SIGTERM."""

import asyncio
import logging
import os
import signal
import sys

from . import configuration, control, licence, privileges
from .listeners import ListenError, Listeners
from .loaded_files import StartError
from .paths import Paths
from .problem import ConfigError
from .sd_notify import notify
from .server import Server

USAGE = 'Usage: pmtad [--debug]\nThis is a stand-in for tests, not PowerMTA.'


def main(argv, paths=Paths()):
    if argv not in ([], ['--debug']):
        print(USAGE, file=sys.stderr)
        return 2
    if os.geteuid() != 0:
        print('pmtad: must be started by root', file=sys.stderr)
        return 1
    errors = _StartErrors(os.path.join(paths.log, 'pmta-startuperr.log'))
    if argv:
        logging.getLogger('pmta-stand-in').addHandler(logging.StreamHandler(sys.stderr))
    try:
        asyncio.run(_run(paths, errors))
    except (ConfigError, StartError, ListenError, licence.LicenceError, RuntimeError, OSError) as error:
        errors.tell(str(error))
        return 1
    return 0


class _StartErrors:
    """The file that says why the last start failed; opened as root, written as whoever the server is by then."""

    def __init__(self, path):
        try:
            self._handle = open(path, 'w', encoding='utf-8')
            os.chmod(path, 0o640)
            user = privileges.account()
            os.chown(path, user.pw_uid, user.pw_gid)
        except (OSError, RuntimeError) as error:
            print(f'pmtad: {path}: {error}', file=sys.stderr)
            self._handle = None

    def tell(self, text):
        print(f'pmtad: {text}', file=sys.stderr)
        if self._handle:
            self._handle.write(text + '\n')
            self._handle.flush()


async def _run(paths, errors):
    user = privileges.account()
    licence.read(paths.licence)
    config = configuration.load(paths.etc)
    sockets = Listeners.bind(config.listeners)
    one = control.bind(paths.control, user.pw_gid)
    if not config.flag('run-as-root', True):
        os.makedirs(config.spool, mode=0o750, exist_ok=True)
        privileges.drop(user)
        # What root could read, pmta must read too, or the next reload would fail: once more, as pmta.
        licence.read(paths.licence)
        config = configuration.load(paths.etc)
    os.umask(0o027)
    server = Server(paths, config)
    server.prepare()
    await server.listeners.serve(config.listeners, sockets)
    controller = await control.serve(server, one)
    server.start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server.log.info('started, listening on %s', ', '.join(f'{address}:{port}' for address, port in server.listeners.addresses()))
    notify('READY=1')
    await stop.wait()
    notify('STOPPING=1')
    controller.close()
    await server.stop()
    try:
        os.unlink(paths.control)
    except OSError:
        pass
