"""`pmtahttpd`: a minimal web monitor. It only reads: status, queues, domains, virtual MTAs, as text, xml or json.

It has no pages, no POST /command, no /configFile, and serves plain HTTP whatever http-redirect-to-https says.
"""

import hmac
import http.server
import os
import sys
import time
import urllib.parse

from . import configuration, control_client, privileges, rendering, units
from .paths import Paths
from .problem import ConfigError
from .sd_notify import notify

PAGES = {'/': 'show status', '/status': 'show status', '/queues': 'show queues', '/domains': 'show domains',
         '/vmtas': 'show vmtas', '/jobs': 'show jobs'}


def level(config, address, api_key=None):
    """What a client may do: the first http-access that matches decides; the API key is admin."""
    known = config.settings.get('http-api-key')
    if known and api_key and hmac.compare_digest(known, api_key):
        return 'admin'
    for network, name in config.http_access:
        parsed = units.cidr(network)
        if address.version == parsed.version and address in parsed:
            return name.lower()
    return 'none'


def handler_class(paths, config):
    class Handler(http.server.BaseHTTPRequestHandler):
        server_version = 'pmtahttpd-stand-in'

        def do_GET(self):
            if level(config, units.ip(self.client_address[0]), self.headers.get('X-API-Key')) == 'none':
                return self._send(403, 'text/plain', 'access denied\n')
            url = urllib.parse.urlsplit(self.path)
            if url.path not in PAGES:
                return self._send(404, 'text/plain', 'not in this stand-in\n')
            try:
                reply = control_client.ask(paths.control, PAGES[url.path], [], {})
            except (control_client.NotRunning, OSError):
                return self._send(503, 'text/plain', 'pmtad is not running\n')
            form = urllib.parse.parse_qs(url.query).get('format', ['text'])[0]
            if form == 'xml':
                return self._send(200, 'text/xml', rendering.xml(reply))
            if form == 'json':
                return self._send(200, 'application/json', rendering.as_json(reply))
            return self._send(200, 'text/plain', reply['text'] + '\n')

        def _send(self, status, kind, text):
            body = text.encode()
            self.send_response(status)
            self.send_header('Content-Type', f'{kind}; charset=utf-8')
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, form, *values):
            print(f'{time.strftime("%Y-%m-%d %H:%M:%S")} {self.client_address[0]} {form % values}', flush=True)

    return Handler


def main(argv, paths=Paths()):
    if argv:
        print('Usage: pmtahttpd\nThis is a stand-in for tests, not PowerMTA.', file=sys.stderr)
        return 2
    try:
        config = configuration.load(paths.etc)
        port = int(config.settings.get('http-mgmt-port', '8080'))
        if port == 0:
            print('pmtahttpd: http-mgmt-port 0: the web monitor is off')
            notify('READY=1')
            return 0
        server = http.server.ThreadingHTTPServer(('0.0.0.0', port), handler_class(paths, config))
        if not config.flag('run-as-root', True) and os.geteuid() == 0:
            privileges.drop(privileges.account())
            configuration.load(paths.etc)
    except (ConfigError, OSError, RuntimeError) as error:
        print(f'pmtahttpd: {error}', file=sys.stderr)
        return 1
    notify('READY=1')
    server.serve_forever()
    return 0
