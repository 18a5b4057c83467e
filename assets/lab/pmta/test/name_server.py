"""A DNS server for the tests: it answers from a dict, and fails on command."""

import asyncio

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class NameServer(asyncio.DatagramProtocol):
    """`records` is {(name, type): [text…]}; a name of `broken` gets SERVFAIL, an unknown one NXDOMAIN."""

    def __init__(self, records):
        self.records, self.broken, self.asked = records, set(), []

    async def start(self, host='127.0.0.53'):
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        self.port = self._transport.get_extra_info('sockname')[1]
        return self

    def stop(self):
        self._transport.close()

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, address):
        query = dns.message.from_wire(data)
        (question,) = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif (name, kind) in self.records:
            reply.answer.append(dns.rrset.from_text(question.name, 60, 'IN', kind, *self.records[name, kind]))
        elif not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(reply.to_wire(), address)
