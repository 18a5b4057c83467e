"""What a receiver asks of the host that connects: a reverse name that leads back, and a greeting that is that name."""

from .lookups import Lookups, Undetermined


def check_host(client_ip: str, helo: str, lookups: Lookups) -> tuple[dict, dict]:
    """The verdicts on the reverse name (FCrDNS, RFC 8601 iprev) and on the greeting."""
    try:
        names = lookups.ptr(client_ip)
        confirmed = [name for name in names if client_ip in lookups.a(name)]
        result = "pass" if len(names) == 1 and confirmed else "fail" if names else "none"
        reverse = {"result": result, "names": names}
    except Undetermined:
        return {"result": "temperror", "names": []}, {"result": "temperror", "name": helo}
    try:
        leads_here = client_ip in lookups.a(helo)
    except Undetermined:
        return reverse, {"result": "temperror", "name": helo}
    return reverse, {"result": "pass" if leads_here and helo.lower() in names else "fail", "name": helo}
