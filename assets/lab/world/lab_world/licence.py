"""Stands for the vendor's licence server: `python3 -m lab_world.licence PORT`. The code of a licence decides the answer.

TEST-0000-ERROR… is refused, TEST-0000-TIMEOUT… is answered after whoever asks has given up, any other TEST-0000-… is taken.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

# The application stand-in waits 10 seconds.
TOO_LATE = 12


def verdict(form: dict[str, list[str]]) -> dict[str, str]:
    key = form.get("key", [""])[0]
    if "orders_count" in form and key.startswith("TEST-0000-") and not key.startswith("TEST-0000-ERROR"):
        return {"status": "success", "message": "OK"}
    return {"status": "error", "message": "This purchase code is not valid."}


class Licences(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = parse_qs(body)
        if form.get("key", [""])[0].startswith("TEST-0000-TIMEOUT"):
            time.sleep(TOO_LATE)
        answer = json.dumps(verdict(form)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_) -> None:
        """A purchase code has no business in a log."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(sys.argv[1])), Licences).serve_forever()
