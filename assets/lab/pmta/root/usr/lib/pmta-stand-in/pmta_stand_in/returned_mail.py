"""Reports that come back as mail: delivery status notifications (RFC 3464) and complaints (RFC 5965), made into records."""

import email
import email.policy
import time
from dataclasses import dataclass, field
from email.utils import parseaddr

from . import domains, message, replies, units
from .records import header_columns


@dataclass
class Processor:
    """A <bounce-processor> or <feedback-loop-processor>: whose mail it reads, and what becomes of that mail afterwards."""

    kind: str  # the tag
    addresses: list = field(default_factory=list)  # lower-case addresses and regexes
    domains: list = field(default_factory=list)
    settings: dict = field(default_factory=dict)

    def is_for(self, address):
        name = address.lower()
        if any(one == name if isinstance(one, str) else one.search(address) for one in self.addresses):
            return True
        domain = name.rpartition('@')[2]
        return any(domains.specificity(pattern, domain) is not None for pattern in self.domains)

    def flag(self, name, default):
        return units.boolean(self.settings[name]) if name in self.settings else default

    def goes_on(self, address, recognised):
        """To whom the mail itself is delivered, or None."""
        if recognised:
            return address if self.flag('deliver-matched-email', False) else None
        forward = self.settings.get('forward-unmatched-to')
        return forward or (address if self.flag('deliver-unmatched-email', True) else None)


def process(config, records, recipients, content, source):
    """Writes the records of what is a report; returns the recipients to whom the message is still to be delivered."""
    left = []
    for address in recipients:
        processor = next((one for one in config.processors if one.is_for(address)), None)
        if processor is None:
            left.append(address)
            continue
        read = complaint if processor.kind == 'feedback-loop-processor' else notifications
        found = read(content, config.bounce_categories)
        for kind, record in found:
            records.append(kind, {'timeLogged': time.time(), 'orig': address, 'srcType': 'smtp', 'srcMta': source, **record})
        onward = processor.goes_on(address, bool(found))
        if onward and onward not in left:
            left.append(onward)
    return left


def _report(content, kind):
    """(the fields of each block of the machine's part, the original's header columns), or None where it is no such report."""
    parsed = email.message_from_bytes(content, policy=email.policy.compat32)
    if parsed.get_content_type() != 'multipart/report' or not parsed.is_multipart():
        return None
    blocks, original = None, {}
    for part in parsed.get_payload():
        name = part.get_content_type()
        if name == f'message/{kind}':
            payload = part.get_payload()
            blocks = payload if isinstance(payload, list) else [email.message_from_string(payload)]
        elif name in ('message/rfc822', 'message/rfc822-headers', 'text/rfc822-headers') and blocks is not None:
            payload = part.get_payload()
            text = payload[0].as_bytes() if isinstance(payload, list) else part.get_payload(decode=True)
            original = header_columns(message.split(b'\r\n'.join(text.splitlines()) + b'\r\n\r\n')[0])
    return (blocks, original) if blocks else None


def _address(text):
    """Of `rfc822; x@c.example`."""
    return (text or '').rpartition(';')[2].strip().strip('<>')


def notifications(content, categories):
    """[(`rb` or `rs`, record)], one for each recipient that the notification names."""
    found = _report(content, 'delivery-status')
    if found is None:
        return []
    blocks, original = found
    result = []
    for block in blocks:
        if not block['Final-Recipient'] or not block['Action']:
            continue  # the first block is about the message
        status = replies.with_text((block['Status'] or '').strip().partition(' ')[0])
        diagnostic = ' '.join((block['Diagnostic-Code'] or '').split())
        action = block['Action'].strip().lower()
        result.append(('rb' if action == 'failed' else 'rs', {
            'rcpt': _address(block['Final-Recipient']),
            'orcpt': _address(block['Original-Recipient'] or block['Final-Recipient']),
            'dsnAction': action,
            'dsnStatus': status,
            'dsnDiag': diagnostic,
            'dsnMta': _address(block['Remote-MTA']),
            'bounceCat': replies.category(categories, status, diagnostic.partition(';')[2].strip()) if action == 'failed' else '',
            **original,
        }))
    return result


def complaint(content, _categories):
    """[(`f`, record)] for each recipient of the complaint; a provider that hides them leaves the original's To."""
    found = _report(content, 'feedback-report')
    if found is None or not found[0][0]['Feedback-Type']:
        return []
    (report, *_), original = found
    recipients = [_address(one) for one in report.get_all('Original-Rcpt-To') or [parseaddr(_header(original, 'to'))[1]]]
    sender = _address(report['Original-Mail-From']) or parseaddr(_header(original, 'from'))[1]
    return [('f', {'rcpt': one, 'orcpt': one, 'orig': sender, **original}) for one in recipients]


def _header(columns, name):
    return next((body for column, body in columns.items() if column.lower() == f'header_{name}'), '')
