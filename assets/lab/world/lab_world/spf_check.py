"""SPF (RFC 7208) of the return path, or of the greeting where a bounce has none."""

import spf


def check_spf(client_ip: str, helo: str, mail_from: str) -> dict:
    """The result as RFC 7208 names it, and the domain that it is about. `spf` asks the resolver in /etc/resolv.conf."""
    domain = mail_from.rpartition("@")[2] if mail_from else helo
    result, explanation = spf.check2(i=client_ip, s=mail_from, h=helo, timeout=5, querytime=10)
    return {"result": result, "domain": domain.lower(), "reason": explanation}
