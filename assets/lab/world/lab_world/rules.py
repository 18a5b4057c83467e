"""How a provider was told to misbehave: rules, each for a domain or a mailbox, which end by themselves when they are used up."""

import re
import threading
from dataclasses import dataclass

PHASES = ("connect", "mail", "rcpt", "data")


class BadRule(ValueError):
    """What was asked for is no rule. The text says why."""


@dataclass
class Rule:
    """One misbehaviour. `scope` is a domain, which stands for all of its mailboxes, or one mailbox."""

    scope: str
    at: str = "rcpt"
    answer: str | None = None
    drop: bool = False
    refuse_tls: bool = False
    delay: float = 0
    after: int = 0
    times: int | None = None

    @property
    def domain(self) -> str:
        return self.scope.rpartition("@")[2]

    def spent(self) -> bool:
        return self.times is not None and self.times <= 0


def read_rule(document: dict, domains: set[str]) -> Rule:
    """A rule from what a client sent, for one of these domains. Raises BadRule."""
    known = set(Rule.__dataclass_fields__)
    if unknown := set(document) - known:
        raise BadRule(f"{', '.join(sorted(unknown))} is no part of a rule")
    rule = Rule(**{**document, "scope": str(document.get("scope", "")).lower()})
    if rule.domain not in domains:
        raise BadRule(f"{rule.domain or 'nothing'} is no domain of a provider here")
    if rule.at not in PHASES:
        raise BadRule(f"{rule.at} is none of {', '.join(PHASES)}")
    if rule.answer is not None and not re.fullmatch(r"[45]\d\d( [\x20-\x7e]{1,500})?", rule.answer):
        raise BadRule("an answer is a code from 400 to 599, a blank and a line of text")
    if sum((rule.answer is not None, bool(rule.drop), bool(rule.refuse_tls))) > 1:
        raise BadRule("a rule answers, drops or refuses TLS, but only one of these")
    if not (rule.answer or rule.drop or rule.refuse_tls or rule.delay):
        raise BadRule("the rule changes nothing")
    if not 0 <= rule.delay <= 3600 or rule.after < 0 or (rule.times is not None and rule.times < 1):
        raise BadRule("a delay is at most 3600 seconds, and counts are positive")
    return rule


class Rules:
    """The rules that are in force. The first that fits decides, and counts down."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, rule: Rule) -> None:
        """Puts a rule in force. It replaces an earlier one for the same scope and phase."""
        with self._lock:
            self._rules = [
                other
                for other in self._rules
                if (other.scope, other.at, other.refuse_tls) != (rule.scope, rule.at, rule.refuse_tls)
            ]
            self._rules.append(rule)

    def clear(self, domain: str | None = None) -> None:
        """Back to normal: everything, a domain with its mailboxes, or one mailbox."""
        with self._lock:
            self._rules = [
                rule for rule in self._rules if domain is not None and domain not in (rule.scope, rule.domain)
            ]

    def all(self) -> list[Rule]:
        with self._lock:
            return list(self._rules)

    def at(self, phase: str, recipients: list[str]) -> Rule | None:
        """What happens to a command about these recipients; a mailbox's own rule comes before its domain's."""
        scopes = [*recipients, *(recipient.rpartition("@")[2] for recipient in recipients)]
        return self._take(lambda rule: rule.at == phase and not rule.refuse_tls, scopes)

    def at_provider(self, phase: str, domains: tuple[str, ...]) -> Rule | None:
        """What happens before a recipient is known: a rule for any domain of a provider holds for all that it receives."""
        return self._take(lambda rule: rule.at == phase and not rule.refuse_tls and rule.domain in domains, None)

    def refuses_tls(self, domains: tuple[str, ...]) -> bool:
        return self._take(lambda rule: rule.refuse_tls and rule.domain in domains, None) is not None

    def _take(self, fits, scopes: list[str] | None) -> Rule | None:
        with self._lock:
            fitting = [rule for rule in self._rules if fits(rule)]
            if scopes is not None:
                fitting = [rule for scope in scopes for rule in fitting if rule.scope == scope.lower()]
            for rule in fitting:
                if rule.after > 0:
                    rule.after -= 1
                    continue
                if rule.times is not None:
                    rule.times -= 1
                self._rules = [other for other in self._rules if not other.spent()]
                return rule
            return None
