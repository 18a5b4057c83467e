"""The settings of one queue as numbers and flags, and what a virtual MTA limits over all of its queues."""

from . import domains, units

NEVER = float('inf')


class QueueSettings:
    """Made once for a queue and a configuration: `mode` picks between a setting and its backoff counterpart."""

    def __init__(self, config, queue):
        self.domain, _, self.vmta = queue.partition('/')
        self.config = config
        self._own = domains.effective(config, self.domain, self.vmta)
        self.stated = domains.stated(config, self.domain, self.vmta)
        self.vmta_settings = config.vmtas[self.vmta].settings if self.vmta in config.vmtas else {}

    def text(self, name):
        return self._own.get(name, '')

    def flag(self, name):
        return units.BOOLEANS.get(self.text(name).lower(), False)

    def seconds(self, name):
        text = self.text(name).lower()
        if text in ('', 'never'):
            return NEVER
        return 0 if text == '0' else units.interval(text)

    def number(self, name):
        """A count; 0 and `unlimited` are no limit."""
        text = self.text(name).lower()
        return int(text) if text.isdigit() and int(text) > 0 else NEVER

    def by_mode(self, name, mode):
        return f'backoff-{name}' if mode == 'backoff' else name

    def rate(self, name, mode):
        text = self.text(self.by_mode(name, mode))
        return units.rate(text) if text else None

    def max_smtp_out(self, mode):
        return self.number(self.by_mode('max-smtp-out', mode))

    def retry_after(self, mode, failures, recipient=False):
        """Seconds until the next try after so many failures in a row; the last of a list repeats.

        `retry-recipients-after` is for a recipient that was put off, and only where somebody wrote it: see README.
        """
        name = self.by_mode('retry-after', mode)
        if recipient and mode == 'normal' and 'retry-recipients-after' in self.stated:
            name = 'retry-recipients-after'
        steps = self.text(name).split(',')
        return units.interval(steps[min(max(failures, 1), len(steps)) - 1].strip())

    def bounce_without_mx_after(self):
        """Seconds in the queue after which a domain without a mail exchanger bounces; NEVER where it does not."""
        text = self.text('bounce-upon-no-mx').lower()
        if text in units.BOOLEANS:
            return 0 if units.BOOLEANS[text] else NEVER
        return self.seconds('bounce-upon-no-mx')

    def reply_rules(self):
        return self.config.reply_patterns.get(self.text('smtp-pattern-list'), [])

    def source_hosts(self):
        """[(network, host name)] of the virtual MTA; without its own, silently the global ones."""
        vmta = self.config.vmtas.get(self.vmta)
        return (vmta.source_hosts if vmta else []) or self.config.source_hosts

    @property
    def vmta_max_smtp_out(self):
        return int(self.vmta_settings.get('max-smtp-out', '0')) or NEVER

    @property
    def vmta_rate(self):
        return units.rate(self.vmta_settings.get('max-smtp-msg-rate', 'unlimited'))

    @property
    def host_name(self):
        return self.vmta_settings.get('host-name') or self.config.host_name
