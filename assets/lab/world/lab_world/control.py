"""The service through which the lab reads mailboxes and sets rules: HTTP with JSON on a Unix socket, so that no host can ask.

GET /messages[?to=ADDRESS]   what was received      GET /messages/ID   one, as it came      DELETE /messages
GET /refusals                what was refused       GET /rules         POST /rules          DELETE /rules[?scope=SCOPE]
POST /messages/ID/complaint  sends a complaint about a message back   POST /messages/ID/bounce  sends a bounce
"""

import json
import re
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from urllib.parse import parse_qs, urlsplit

from .lookups import Lookups, Undetermined
from .outgoing import NotSent, send
from .reports import BadReport, bounce, complaint
from .rules import BadRule, Rules, read_rule
from .settings import Provider
from .store import Store

REPORTS = {"complaint": complaint, "bounce": bounce}


class Control(ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(
        self, path: str, store: Store, rules: Rules, providers: tuple[Provider, ...], lookups: Lookups
    ) -> None:
        self.store = store
        self.rules = rules
        self.providers = {provider.name: provider for provider in providers}
        self.domains = {domain for provider in providers for domain in provider.domains}
        self.lookups = lookups
        # A service that was killed leaves its socket behind.
        Path(path).unlink(missing_ok=True)
        super().__init__(path, Requests)


class Requests(BaseHTTPRequestHandler):
    server: Control

    def do_GET(self) -> None:
        path, query = self._asked()
        if path == "/messages":
            return self._send(200, self.server.store.messages(query.get("to")))
        if path.startswith("/messages/"):
            return self._send_raw(path.removeprefix("/messages/"))
        if path == "/refusals":
            return self._send(200, self.server.store.refusals())
        if path == "/rules":
            return self._send(200, [asdict(rule) for rule in self.server.rules.all()])
        return self._send(404, {"error": f"there is no {path}"})

    def do_POST(self) -> None:
        path, _ = self._asked()
        if report := re.fullmatch(r"/messages/(\d+)/(complaint|bounce)", path):
            return self._report(*report.groups())
        if path != "/rules":
            return self._send(404, {"error": f"there is no {path}"})
        try:
            rule = read_rule(self._body(), self.server.domains)
        except BadRule as error:
            return self._send(400, {"error": str(error)})
        except (ValueError, TypeError) as error:
            return self._send(400, {"error": f"not a rule in JSON: {error}"})
        self.server.rules.add(rule)
        return self._send(200, asdict(rule))

    def do_DELETE(self) -> None:
        path, query = self._asked()
        scope = query.get("scope")
        if path == "/messages":
            self.server.store.clear()
        elif path == "/rules" and scope is not None and scope.rpartition("@")[2].lower() not in self.server.domains:
            return self._send(400, {"error": f"{scope} is no domain of a provider here"})
        elif path == "/rules":
            self.server.rules.clear(None if scope is None else scope.lower())
        else:
            return self._send(404, {"error": f"there is no {path}"})
        return self._send(200, {})

    def _report(self, name: str, kind: str) -> None:
        about, original = self.server.store.about(name), self.server.store.raw(name)
        if about is None or original is None:
            return self._send(404, {"error": f"there is no message {name}"})
        provider = self.server.providers[about["provider"]]
        try:
            report = REPORTS[kind](about, original, provider.exchange, self._body())
            sent = send(report, provider, self.server.lookups)
        except (BadReport, NotSent, Undetermined, ValueError) as error:
            return self._send(400, {"error": str(error)})
        return self._send(200, {"message": name, "to": report.to, **sent})

    def _body(self) -> dict:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")

    def _asked(self) -> tuple[str, dict]:
        parts = urlsplit(self.path)
        return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}

    def _send_raw(self, name: str) -> None:
        message = self.server.store.raw(name)
        if message is None:
            return self._send(404, {"error": f"there is no message {name}"})
        return self._write(200, "message/rfc822", message)

    def _send(self, status: int, document) -> None:
        self._write(status, "application/json", json.dumps(document).encode())

    def _write(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments) -> None:
        """Being asked is nothing to report."""
