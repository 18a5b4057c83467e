"""SMTP as a provider speaks it: it takes mail for its domains, and does what the rules say."""

import asyncio
import functools
from datetime import datetime, timezone
from types import SimpleNamespace

from aiosmtpd.smtp import SMTP

from .lookups import Lookups
from .rules import Rule, Rules
from .settings import Provider
from .store import Store
from .verdicts import judge

LARGEST_MESSAGE = 50 * 1024 * 1024


class Connection(SMTP):
    """One connection to a provider. A rule about connecting answers instead of the greeting."""

    async def _handle_client(self):
        handler: Receiver = self.event_handler
        if refusal := await handler.obey(self, handler.rules.at_provider("connect", handler.provider.domains), "connect"):
            await self.push(refusal)
            self.transport.close()
            return
        await super()._handle_client()

    async def push(self, status):
        await super().push(status)
        # RFC 5321 §4.2.2: whoever answers 421 closes the channel.
        if isinstance(status, str) and status.startswith("421") and self.transport is not None:
            self.transport.close()


class Receiver:
    """One provider's side of all its connections."""

    def __init__(self, provider: Provider, rules: Rules, store: Store, lookups: Lookups, tls_context) -> None:
        self.provider = provider
        self.rules = rules
        self._store = store
        self._lookups = lookups
        self._tls_context = tls_context

    def connection(self) -> Connection:
        refuses_tls = self.rules.refuses_tls(self.provider.domains)
        return Connection(
            self,
            hostname=self.provider.exchange,
            ident="ESMTP",
            data_size_limit=LARGEST_MESSAGE,
            enable_SMTPUTF8=True,
            tls_context=None if refuses_tls else self._tls_context,
            loop=asyncio.get_running_loop(),
        )

    async def handle_MAIL(self, server, session, envelope, address, options):
        refusal = await self.obey(server, self.rules.at_provider("mail", self.provider.domains), "mail")
        if refusal:
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.rpartition("@")[2].lower() not in self.provider.domains:
            refusal = "550 5.7.1 Relaying denied"
            self._note(server, "rcpt", refusal, [address])
            return refusal
        refusal = await self.obey(server, self.rules.at("rcpt", [address]), "rcpt", [address])
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        refusal = await self.obey(server, self.rules.at("data", envelope.rcpt_tos), "data", envelope.rcpt_tos)
        if refusal:
            return refusal
        client = session.peer[0]
        sender = envelope.mail_from or ""
        loop = asyncio.get_running_loop()
        work = functools.partial(judge, envelope.content, client, session.host_name or "", sender, self._lookups)
        verdicts = await loop.run_in_executor(None, work)
        about = {
            "provider": self.provider.name,
            "receivedAt": now(),
            "client": client,
            "helo": session.host_name,
            "tls": tls_of(session),
            "envelope": {"from": sender, "to": list(envelope.rcpt_tos)},
            "verdicts": verdicts,
        }
        name = await loop.run_in_executor(None, self._store.add, envelope.content, about)
        return f"250 2.0.0 Kept as {name}"

    async def obey(self, server: Connection, rule: Rule | None, phase: str, recipients: list[str] = ()) -> str | None:
        """Does what a rule says: waits, drops the connection, or gives the answer to send."""
        if rule is None:
            return None
        await asyncio.sleep(rule.delay)
        if rule.drop:
            self._note(server, phase, None, recipients)
            server.transport.abort()
            # Losing the connection cancels this; until then nothing more is said on it.
            await asyncio.Event().wait()
        if rule.answer:
            self._note(server, phase, rule.answer, recipients)
        return rule.answer

    def _note(self, server: Connection, phase: str, answer: str | None, recipients: list[str]) -> None:
        session = server.session or SimpleNamespace(peer=("",), host_name=None)
        self._store.note_refusal(
            {
                "provider": self.provider.name,
                "at": now(),
                "client": session.peer[0],
                "helo": session.host_name,
                "phase": phase,
                "to": list(recipients),
                "answer": answer,
            }
        )


def tls_of(session) -> dict | None:
    tls = session.ssl
    if tls is None:
        return None
    cipher = tls["cipher"] if isinstance(tls, dict) else tls.cipher()
    return {"version": cipher[1], "cipher": cipher[0]}


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
