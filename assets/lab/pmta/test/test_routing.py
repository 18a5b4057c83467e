"""Which virtual MTA takes a message, which settings a connection and a queue have."""

import ipaddress
import unittest

from support import ConfigCase
from pmta_stand_in import domains, sources
from pmta_stand_in.routing import Envelope, Router, UnknownVirtualMta

CONFIG = r"""
smtp-source-host 192.0.2.99 mail.example.com
invalid-virtual-mta-fallback b
<virtual-mta a>
smtp-source-host 192.0.2.11 mail1.example.com
</virtual-mta>
<virtual-mta b>
smtp-source-host 192.0.2.12 mail2.example.com
</virtual-mta>
<virtual-mta c>
smtp-source-host 192.0.2.13 mail3.example.com
</virtual-mta>
<virtual-mta-pool p>
virtual-mta a
virtual-mta b
virtual-mta c
</virtual-mta-pool>
<pattern-list senders>
mail-from /@mail1\.example\.com$/ virtual-mta=a
mail-from /@mail2\.example\.com$/ virtual-mta=b,recipient-priority=80
mail-from /@MAIL3/ virtual-mta=c
mail-from /(?-i)@CASE/ virtual-mta=c
header Subject /^\s*urgent/ recipient-priority=100
rcpt-to /@vip\.example$/ <pattern-list>
  header X-Kind /bulk/ virtual-mta=p
  * virtual-mta=c
</pattern-list>
rcpt-to /@called\.example$/ call-to:more
</pattern-list>
<pattern-list more>
mail-from /x/ virtual-mta=b
</pattern-list>
<source 10.0.0.0/8>
default-virtual-mta a
log-connections yes
</source>
<source 10.1.0.0/16>
default-virtual-mta b
</source>
<source listener>
default-virtual-mta c
</source>
<source local>
default-virtual-mta by-smtp-source-ip
</source>
<source {auth}>
hide-message-source yes
default-virtual-mta a
</source>
<source {pmta-auth}>
process-x-virtual-mta yes
pattern-list senders
default-virtual-mta p
</source>
<source lenient>
process-x-virtual-mta yes
reject-invalid-virtual-mta no
</source>
<smtp-user u>
password x
source {pmta-auth}
</smtp-user>
"""


class Routing(ConfigCase):
    def setUp(self):
        super().setUp()
        self.config = self.load(CONFIG)
        self.router = Router()

    def route(self, source, mail_from='x@other.example', rcpt=('y@there.example',), local='192.0.2.50', **headers):
        fields = tuple((name.replace('_', '-').lower(), value) for name, value in headers.items())
        effective = sources.effective(
            self.config, ipaddress.ip_address('203.0.113.1'),
            *((None, self.config.users['u']) if source == 'user' else (source,)),
        )
        envelope = Envelope(mail_from, tuple(rcpt), fields)
        route = self.router.choose(self.config, effective, envelope, ipaddress.ip_address(local))
        return route.vmta, route.pool, route.priority

    def test_the_sender_chooses(self):
        self.assertEqual(self.route('user', 'contact@mail1.example.com'), ('a', None, 50))
        self.assertEqual(self.route('user', 'support@mail2.example.com'), ('b', None, 80))
        self.assertEqual(self.route('user', 'x@mail3.example.com'), ('c', None, 50))

    def test_a_host_that_only_looks_alike_does_not(self):
        self.assertEqual(self.route('user', 'contact@mail1.example.com.evil.example')[1], 'p')
        self.assertEqual(self.route('user', 'contact@mail1xexample.com')[1], 'p')

    def test_case_counts_only_where_asked(self):
        self.assertEqual(self.route('user', 'x@CASE.example'), ('c', None, 50))
        self.assertEqual(self.route('user', 'x@case.example')[1], 'p')

    def test_the_header_comes_before_the_sender(self):
        self.assertEqual(self.route('user', 'contact@mail1.example.com', X_Virtual_MTA=' c '), ('c', None, 50))

    def test_an_unknown_name_in_the_header_is_refused_unless_allowed(self):
        for wrong in ('nope', ''):
            with self.assertRaises(UnknownVirtualMta):
                self.route('user', X_Virtual_MTA=wrong)
        self.assertEqual(self.route('lenient', X_Virtual_MTA='nope'), ('b', None, 50))

    def test_the_header_is_ignored_where_it_is_not_processed(self):
        self.assertEqual(self.route('listener', X_Virtual_MTA='a'), ('c', None, 50))

    def test_a_pool_takes_its_members_in_turn(self):
        self.assertEqual([self.route('user')[0] for _ in range(4)], ['a', 'b', 'c', 'a'])

    def test_priority_alone_leaves_the_default(self):
        self.assertEqual(self.route('user', Subject=' Urgent: now'), ('a', 'p', 100))

    def test_the_first_recipient_that_matches_takes_the_message(self):
        self.assertEqual(self.route('user', rcpt=('y@there.example', 'z@vip.example')), ('c', None, 50))
        self.assertEqual(self.route('user', rcpt=('z@vip.example',), X_Kind='bulk')[1], 'p')

    def test_a_called_list_without_a_match_leaves_the_default(self):
        self.assertEqual(self.route('user', 'x@there.example', rcpt=('z@called.example',)), ('b', None, 50))
        self.assertEqual(self.route('user', 'o@there.net', rcpt=('z@called.example',))[1], 'p')

    def test_the_address_connected_to_may_choose(self):
        self.assertEqual(self.route('local', local='192.0.2.12'), ('b', None, 50))
        self.assertEqual(self.route('local', local='192.0.2.77'), ('{default}', None, 50))

    def test_without_any_rule_the_default_virtual_mta_takes_it(self):
        self.assertEqual(self.route(None), ('{default}', None, 50))


class Sources(ConfigCase):
    def effective(self, address, listener=None, user=None):
        config = self.load(CONFIG)
        return sources.effective(config, ipaddress.ip_address(address), listener, config.users.get(user))

    def test_the_most_specific_network_wins_and_inherits(self):
        source = self.effective('10.1.2.3')
        self.assertEqual((source.get('default-virtual-mta'), source.flag('log-connections')), ('b', True))
        self.assertEqual(self.effective('10.2.2.3').get('default-virtual-mta'), 'a')

    def test_a_named_source_applies_only_when_asked_for(self):
        self.assertEqual(self.effective('10.1.2.3', 'listener').get('default-virtual-mta'), 'c')
        self.assertFalse(self.effective('10.1.2.3').flag('hide-message-source'))

    def test_an_authenticated_user_has_the_defaults_of_all_users_then_its_own(self):
        source = self.effective('10.1.2.3', None, 'u')
        self.assertEqual((source.flag('hide-message-source'), source.get('default-virtual-mta')), (True, 'p'))

    def test_the_documented_defaults(self):
        source = self.effective('203.0.113.1')
        self.assertEqual([source.flag(name) for name in ('smtp-service', 'allow-auth', 'always-allow-relaying', 'allow-starttls',
                          'process-x-virtual-mta', 'reject-invalid-virtual-mta')], [True, True, False, False, False, True])
        self.assertIsNone(source.max_message_size)


DOMAINS = """
domain-macro gmail gmail.com,googlemail.com
<domain gmail.com>
max-smtp-out 7
</domain>
<domain $gmail>
max-smtp-out 3
max-msg-rate 250/h
</domain>
<domain *>
max-msg-rate 1000/h
retry-after 20m
</domain>
<domain *.b.example>
max-smtp-out 1
</domain>
<domain [*.]c.example>
max-smtp-out 2
</domain>
<domain [192.0.2.0/24]>
max-smtp-out 4
</domain>
<domain r.example>
queue-to g.queue
</domain>
<domain g.queue>
max-smtp-out 6
</domain>
<virtual-mta a>
<domain *>
retry-after 5m
</domain>
</virtual-mta>
<virtual-mta-pool p>
virtual-mta a
<domain gmail.com>
max-smtp-out 8
retry-after 9m
</domain>
</virtual-mta-pool>
"""


class Domains(ConfigCase):
    def get(self, domain, name, vmta=None):
        return domains.effective(self.load(DOMAINS), domain, vmta)[name]

    def test_the_specific_pattern_wins_and_inherits_wherever_it_stands(self):
        self.assertEqual(self.get('googlemail.com', 'max-msg-rate'), '250/h')
        self.assertEqual(self.get('googlemail.com', 'retry-after'), '20m')
        self.assertEqual(self.get('other.example', 'max-msg-rate'), '1000/h')

    def test_a_literal_name_beats_the_same_name_of_a_macro(self):
        self.assertEqual(self.get('GMAIL.com', 'max-smtp-out'), '7')
        self.assertEqual(self.get('googlemail.com', 'max-smtp-out'), '3')

    def test_wildcards(self):
        self.assertEqual([self.get(name, 'max-smtp-out') for name in ('b.example', 'x.b.example', 'c.example', 'x.c.example',
                          'xc.example', '[192.0.2.9]', '[198.51.100.9]')], ['20', '1', '2', '2', '20', '4', '20'])

    def test_a_virtual_mta_beats_its_pool_and_both_beat_the_global_ones(self):
        self.assertEqual(self.get('gmail.com', 'max-smtp-out', 'a'), '8')
        self.assertEqual(self.get('gmail.com', 'retry-after', 'a'), '5m')

    def test_defaults_that_follow_another_directive(self):
        self.assertEqual(self.get('gmail.com', 'backoff-max-msg-rate'), '250/h')
        self.assertEqual(self.get('gmail.com', 'add-x-msys-api-header'), 'false')

    def test_the_queue_is_the_domain_or_where_it_is_sent_to(self):
        config = self.load(DOMAINS)
        self.assertEqual(domains.queue_domain(config, 'Gmail.com', 'a'), 'gmail.com')
        self.assertEqual(domains.queue_domain(config, 'r.example', 'a'), 'g.queue')


if __name__ == '__main__':
    unittest.main()
