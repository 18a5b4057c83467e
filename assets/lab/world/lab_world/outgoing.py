"""Hands a provider's own messages over to whom they are for: to the MX of the domain, from the provider's address."""

import smtplib
import ssl

from .lookups import Lookups
from .reports import Report
from .settings import Provider

SMTP_PORT = 25
SECONDS = 20


class NotSent(Exception):
    """The message was not taken. The text says by whom and why."""


def send(report: Report, provider: Provider, lookups: Lookups, port: int = SMTP_PORT) -> dict:
    """Sends once, and tries nothing again. Gives who took it and what it answered."""
    host, address = _way_to(report.to.rpartition("@")[2], lookups)
    try:
        with smtplib.SMTP(address, port, provider.exchange, SECONDS, (provider.address, 0)) as client:
            client.ehlo()
            if client.has_extn("starttls"):
                client.starttls(context=_any_certificate())
                client.ehlo()
            for told, (code, text) in (("MAIL", client.mail(report.mail_from)), ("RCPT", client.rcpt(report.to))):
                if code != 250:
                    raise NotSent(f"{host} answers {told} with {code} {text.decode('utf-8', 'replace')}")
            code, text = client.data(report.content)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"{host} ({address}): {error}") from error
    if code != 250:
        raise NotSent(f"{host} answers DATA with {code} {text.decode('utf-8', 'replace')}")
    return {"host": host, "answer": f"{code} {text.decode('utf-8', 'replace')}"}


def _way_to(domain: str, lookups: Lookups) -> tuple[str, str]:
    """The host that takes mail for a domain, and its address (RFC 5321 §5.1)."""
    hosts = lookups.mx(domain) or [domain]
    for host in hosts:
        if addresses := lookups.a(host):
            return host, addresses[0]
    raise NotSent(f"{domain} has no host that takes mail: neither MX nor A leads to one")


def _any_certificate() -> ssl.SSLContext:
    """Opportunistic TLS (RFC 7435): encrypted, whoever it is."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
