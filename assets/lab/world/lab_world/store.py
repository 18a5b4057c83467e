"""What was received and what was refused, as files."""

import json
import os
import threading
import time
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path


class Store:
    """A folder with two files a message: `ID.eml` as it came, and `ID.json` with all else. Names sort by time."""

    def __init__(self, folder: str) -> None:
        self._messages = Path(folder, "messages")
        self._refusals = Path(folder, "refusals.jsonl")
        self._messages.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._last = 0

    def add(self, message: bytes, about: dict) -> str:
        """Keeps a message. It is there when its description is, which is written last."""
        name = self._next_id()
        parsed = message_from_bytes(message, policy=SMTP)
        headers = {key: _text(parsed.get(header)) for key, header in HEADERS.items()}
        document = {"id": name, **about, "size": len(message), "headers": headers}
        self._write(f"{name}.eml", message)
        self._write(f"{name}.json", json.dumps(document).encode())
        return name

    def messages(self, recipient: str | None = None) -> list[dict]:
        """The messages for an address or a domain; all of them without one. The oldest first."""
        documents = [json.loads(path.read_bytes()) for path in sorted(self._messages.glob("*.json"))]
        return [one for one in documents if recipient is None or _is_for(one, recipient.lower())]

    def about(self, name: str) -> dict | None:
        """All that is known of a message but the message itself."""
        path = self._messages / f"{name}.json"
        return json.loads(path.read_bytes()) if name.isdigit() and path.is_file() else None

    def raw(self, name: str) -> bytes | None:
        path = self._messages / f"{name}.eml"
        return path.read_bytes() if name.isdigit() and path.is_file() else None

    def note_refusal(self, about: dict) -> None:
        with self._lock, self._refusals.open("a", encoding="utf-8") as file:
            file.write(json.dumps(about) + "\n")

    def refusals(self) -> list[dict]:
        with self._lock:
            lines = self._refusals.read_text("utf-8").splitlines() if self._refusals.exists() else []
        return [json.loads(line) for line in lines]

    def clear(self) -> None:
        for path in sorted(self._messages.iterdir(), key=lambda path: path.suffix != ".json"):
            path.unlink()
        with self._lock:
            self._refusals.unlink(missing_ok=True)

    def _next_id(self) -> str:
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() // 1000)
            return str(self._last)

    def _write(self, name: str, content: bytes) -> None:
        part = self._messages / f"{name}.part"
        part.write_bytes(content)
        os.replace(part, self._messages / name)


HEADERS = {"from": "From", "to": "To", "subject": "Subject", "messageId": "Message-ID"}


def _text(value) -> str | None:
    return None if value is None else str(value)


def _is_for(document: dict, recipient: str) -> bool:
    recipients = [one.lower() for one in document["envelope"]["to"]]
    return any(one == recipient or one.endswith(f"@{recipient}") for one in recipients)
