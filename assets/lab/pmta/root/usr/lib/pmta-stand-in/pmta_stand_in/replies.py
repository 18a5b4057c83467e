"""What a reply means: the status of RFC 3463 that it carries, its bounce category, and what the configuration does upon it."""

import re

STATUS_TEXTS = {
    '2.0.0': 'success',
    '4.0.0': 'undefined status',
    '5.0.0': 'undefined status',
    '5.1.1': 'bad destination mailbox address',
    '5.1.2': 'bad destination system address',
    '5.1.10': 'recipient address has null MX',
    '4.2.1': 'mailbox disabled, not accepting messages',
    '5.2.1': 'mailbox disabled, not accepting messages',
    '4.2.2': 'mailbox full',
    '5.2.2': 'mailbox full',
    '4.3.2': 'system not accepting network messages',
    '5.3.5': 'system incorrectly configured',
    '4.4.0': 'other or undefined network or routing status',
    '4.4.1': 'no answer from host',
    '4.4.2': 'bad connection',
    '4.4.7': 'delivery time expired',
    '4.7.0': 'other or undefined security status',
    '4.7.1': 'delivery not authorized, message refused',
    '5.7.0': 'other or undefined security status',
    '5.7.1': 'delivery not authorized, message refused',
}
ENHANCED = re.compile(r'^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b')


def with_text(code):
    return f'{code} ({STATUS_TEXTS[code]})' if code in STATUS_TEXTS else code


def status(reply, mailbox_by_553=False):
    """`5.1.1 (bad destination mailbox address)`; out of the reply's class where the server gave no status."""
    match = ENHANCED.match(reply.text)
    if match:
        return with_text(match.group(1))
    if reply.code == 553 and mailbox_by_553:
        return with_text('5.1.1')
    return with_text(f'{reply.code // 100}.0.0')


def diagnostic(reply):
    return f'smtp;{reply.text}'


def category(patterns, status_text, reply_text, otherwise='other'):
    """The first pattern that matches the status or the reply; patterns anchored with ^ meet either."""
    for regex, name in patterns:
        if regex.search(status_text) or regex.search(reply_text):
            return name
    return otherwise


def actions(rules, reply):
    """The actions of the first rule that matches; {} without one. Rules are for what is not a success."""
    if reply.good:
        return {}
    return next((rule.actions for rule in rules if rule.regex.search(reply.text)), {})
