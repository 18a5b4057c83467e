"""Everything that this receiver concludes about one message."""

from email import message_from_bytes
from email.policy import SMTP
from email.utils import getaddresses

from .dkim_check import check_dkim
from .dmarc_check import check_dmarc
from .host_check import check_host
from .lookups import Lookups
from .spf_check import check_spf


def judge(message: bytes, client_ip: str, helo: str, mail_from: str, lookups: Lookups) -> dict:
    spf = check_spf(client_ip, helo, mail_from)
    signatures = check_dkim(message, lookups)
    reverse, greeting = check_host(client_ip, helo, lookups)
    authors = author_domains(message)
    # RFC 9989 §5.3.1: a message without exactly one author domain has nothing that a policy could be about.
    dmarc = (
        check_dmarc(authors[0], spf, signatures, lookups)
        if len(authors) == 1
        else {"result": "permerror", "domain": None, "policy": None, "spfAligned": False, "dkimAligned": False}
    )
    return {"spf": spf, "dkim": signatures, "dmarc": dmarc, "reverse": reverse, "helo": greeting}


def author_domains(message: bytes) -> list[str]:
    fields = message_from_bytes(message, policy=SMTP).get_all("From", [])
    addresses = [address for _, address in getaddresses([str(field) for field in fields])]
    return sorted({address.rpartition("@")[2].lower() for address in addresses if "@" in address})
