"""DNS as the checks ask it: an answer, nothing, or no way to tell."""

import dns.exception
import dns.resolver
import dns.reversename


class Undetermined(Exception):
    """DNS did not answer, so nothing can be said."""


class Lookups:
    """Asks one resolver, and remembers nothing."""

    def __init__(self, resolver: str, seconds: float = 5) -> None:
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [resolver]
        self._resolver.lifetime = seconds

    def txt(self, name: str) -> list[bytes]:
        """Every TXT record at a name, its strings joined without anything between."""
        return [b"".join(record.strings) for record in self._ask(name, "TXT")]

    def a(self, name: str) -> list[str]:
        return [record.address for record in self._ask(name, "A")]

    def mx(self, name: str) -> list[str]:
        """The hosts of the MX records, the preferred first."""
        records = sorted(self._ask(name, "MX"), key=lambda record: record.preference)
        return [record.exchange.to_text(True) for record in records]

    def ptr(self, ip: str) -> list[str]:
        return [record.target.to_text(True).lower() for record in self._ask(dns.reversename.from_address(ip), "PTR")]

    def _ask(self, name, kind: str) -> list:
        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.exception.SyntaxError, dns.name.LabelTooLong):
            return []
        except (dns.resolver.NoNameservers, dns.exception.Timeout) as error:
            raise Undetermined(str(error)) from error
