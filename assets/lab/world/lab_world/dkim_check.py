"""DKIM (RFC 6376): every signature of a message, each with its own result."""

import re

import dkim

from .lookups import Lookups, Undetermined


class KeyUnusable(Exception):
    """There is not exactly one record at the key's name, or it says that the key is revoked."""


def check_dkim(message: bytes, lookups: Lookups) -> list[dict]:
    count = sum(name.lower() == b"dkim-signature" for name, _ in dkim.DKIM(message).headers)
    return [_check(message, index, lookups) for index in range(count)]


def _check(message: bytes, index: int, lookups: Lookups) -> dict:
    verifier = dkim.DKIM(message)

    def key(name: bytes, timeout: float = 5) -> bytes:
        records = lookups.txt(name.decode("ascii", "replace").rstrip("."))
        # RFC 6376 §3.6.2.2: with several records the result is undefined, so this receiver takes none of them.
        if len(records) != 1:
            raise KeyUnusable("no key record" if not records else f"{len(records)} key records")
        # RFC 6376 §3.6.1: an empty p= is a revoked key.
        if re.search(rb"(?:^|;)\s*p\s*=\s*(?:;|$)", records[0]):
            raise KeyUnusable("the key is revoked")
        return records[0]

    try:
        passed = verifier.verify(idx=index, dnsfunc=key)
        result, reason = ("pass", "") if passed else ("fail", "the signature does not match")
    except Undetermined as error:
        result, reason = "temperror", str(error)
    except (KeyUnusable, dkim.DKIMException, ValueError) as error:
        result, reason = "permerror", str(error)
    return {
        "result": result,
        "domain": (verifier.domain or b"").decode("ascii", "replace").lower(),
        "selector": (verifier.selector or b"").decode("ascii", "replace"),
        "reason": reason,
    }
