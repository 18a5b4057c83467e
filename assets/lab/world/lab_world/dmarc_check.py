"""DMARC (RFC 9989): the policy of the author's domain, and whether SPF or DKIM passed for a domain that is aligned with it."""

import re

from .lookups import Lookups, Undetermined

# RFC 9989 §4.10: the walk up the tree asks at most this many names.
MOST_LABELS = 8


def check_dmarc(author_domain: str, spf: dict, signatures: list[dict], lookups: Lookups) -> dict:
    try:
        policy = _nearest_policy(author_domain, lookups)
        if policy is None:
            return {"result": "none", "domain": author_domain, "policy": None, "spfAligned": False, "dkimAligned": False}

        def aligned(domain: str, mode: str) -> bool:
            if mode == "s":
                return domain == author_domain
            return _organisation(domain, lookups) == _organisation(author_domain, lookups)

        spf_aligned = spf["result"] == "pass" and aligned(spf["domain"], policy.get("aspf", "r"))
        dkim_aligned = any(
            one["result"] == "pass" and aligned(one["domain"], policy.get("adkim", "r")) for one in signatures
        )
    except Undetermined:
        return {"result": "temperror", "domain": author_domain, "policy": None, "spfAligned": False, "dkimAligned": False}
    return {
        "result": "pass" if spf_aligned or dkim_aligned else "fail",
        "domain": author_domain,
        "policy": policy.get("p", "none"),
        "spfAligned": spf_aligned,
        "dkimAligned": dkim_aligned,
    }


def _nearest_policy(domain: str, lookups: Lookups) -> dict | None:
    return next((policy for name in _upwards(domain) if (policy := _policy(name, lookups))), None)


def _organisation(domain: str, lookups: Lookups) -> str:
    """RFC 9989 §4.10.2: the name with the fewest labels that has a policy, unless `psd` says where the organisation begins."""
    found = domain
    below = domain
    for name in _upwards(domain):
        policy = _policy(name, lookups)
        if policy is not None:
            if policy.get("psd") == "n":
                return name
            if policy.get("psd") == "y":
                return below
            found = name
        below = name
    return found


def _upwards(domain: str) -> list[str]:
    labels = domain.split(".")
    starts = range(len(labels))
    if len(labels) > MOST_LABELS:
        starts = [0, *range(len(labels) - MOST_LABELS + 1, len(labels))]
    return [".".join(labels[start:]) for start in starts]


def _policy(domain: str, lookups: Lookups) -> dict | None:
    """The tags of the one valid record at a name; several are as good as none (RFC 9989 §4.10.1)."""
    records = [tags for text in lookups.txt(f"_dmarc.{domain}") if (tags := _tags(text.decode("utf-8", "replace")))]
    return records[0] if len(records) == 1 else None


def _tags(text: str) -> dict | None:
    if not re.match(r"v\s*=\s*DMARC1\s*(;|$)", text):
        return None
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip().lower(): value.strip().lower() for name, _, value in pairs}
