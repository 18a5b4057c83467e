"""Which IP addresses this host has."""

import errno
import re
import socket


def is_local(address):
    """Whether a socket could be bound to the address, which is what a delivery from it needs."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                return False
            raise
    return True


def all_ipv4():
    """Every local IPv4 address, out of the kernel's routing table."""
    with open('/proc/net/fib_trie', encoding='ascii') as handle:
        text = handle.read()
    return sorted(set(re.findall(r'\|-- (\S+)\n\s+/32 host LOCAL', text)))
