"""Every form that the language does not have is refused, with the line it stands on."""

import unittest

from support import LOG, ConfigCase

POOL = '<virtual-mta a>\n</virtual-mta>\n<virtual-mta-pool p>\n virtual-mta a\n</virtual-mta-pool>\n'


class WrongForms(ConfigCase):
    def refused(self, text, *expected):
        errors = self.errors(text)
        self.assertEqual(len(errors), len(expected), errors)
        for error, start in zip(errors, expected):
            self.assertTrue(error.startswith(start), error)

    def test_a_source_host_with_the_host_first(self):
        self.refused('<virtual-mta a>\nsmtp-source-host mail1.example.com 192.0.2.11\n</virtual-mta>\n',
                     '2: smtp-source-host: "mail1.example.com" is not an IP address')

    def test_a_source_host_without_a_host(self):
        self.refused('smtp-source-host 192.0.2.11\n', '1: smtp-source-host: "192.0.2.11": 2 values are wanted, 1 are given')

    def test_a_domain_key_of_four_values(self):
        self.refused('domain-key example.com,mail1,*,/etc/pmta/dkim/mail1.pem\n', '1: domain-key: "example.com,mail1,*')

    def test_a_domain_key_of_two_values(self):
        self.refused('domain-key mail,/etc/pmta/dkim/mail1.pem\n', '1: domain-key: ')

    def test_a_listener_with_a_body_in_braces(self):
        self.refused('smtp-listener 192.0.2.11:2525 {\nprocess-x-virtual-mta yes\n}\n',
                     '1: smtp-listener: a directive has no body in braces',
                     '2: "process-x-virtual-mta" is not allowed at the top level (it belongs in <source>)',
                     '3: unknown directive "}"')

    def test_several_names_in_one_domain(self):
        self.refused('<domain outlook.com hotmail.com>\n</domain>\n', '1: <domain>: "outlook.com hotmail.com" is not one')
        self.refused('<domain a.example, b.example>\n</domain>\n', '1: <domain>: "a.example, b.example" is not one')

    def test_a_bare_entry_in_a_pattern_list(self):
        self.refused('<pattern-list x>\ninfo@mail1.example.com   vmta-mail1\n</pattern-list>\n',
                     '2: pattern-list: "info@mail1.example.com" does not start an entry')

    def test_a_rate_of_nothing(self):
        for wrong in ('0/h', '10', '10/x', '10/0m', '-1/h', '10 / h'):
            self.refused(f'<domain *>\nmax-msg-rate {wrong}\n</domain>\n', '2: max-msg-rate: ')

    def test_records_all(self):
        self.refused('<acct-file /a.csv>\nrecords all\n</acct-file>\n', '2: records: "all" is not a record type')
        self.refused('<acct-file /a.csv>\nrecords d\nrecords b\n</acct-file>\n', '3: <acct-file /a.csv> has more than one')

    def test_a_reply_that_a_hash_cuts_or_that_is_never_closed(self):
        for wrong in ('/blocked (#5.7.1)/ mode=backoff', '/blocked mode=backoff'):
            self.refused(f'<smtp-pattern-list x>\nreply {wrong}\n</smtp-pattern-list>\n', '2: reply: the regular expression has no')

    def test_reply_actions_that_contradict(self):
        for wrong in ('mode=backoff,mode=normal', 'reenable-after=1h', 'skip-mx,bounce-queue', 'backoff-to-normal-after=1h',
                      'mode=slow', 'explode', '', 'backoff-to-normal-after=1h,mode=backoff', 'mode=backoff,mode=backoff',
                      'disable-source-ip,reenable-after=soon'):
            self.refused(f'<smtp-pattern-list x>\nreply /x/ {wrong}\n</smtp-pattern-list>\n', '2: reply: ')

    def test_an_invalid_regular_expression(self):
        self.refused('<smtp-pattern-list x>\nreply /(x/ mode=backoff\n</smtp-pattern-list>\n', '2: reply: invalid regular')
        self.refused('<bounce-category-patterns>\n/*x/ spam-related\n</bounce-category-patterns>\n', '2: bounce category: invalid')
        self.refused('<bounce-category-patterns>\n/x/\n</bounce-category-patterns>\n', '2: bounce category: a category is missing')

    def test_directives_that_do_not_exist(self):
        for name in ('virtual-mta-pool-map', 'dkim-selector', 'dkim-key', 'backoff-retry-profile', 'max-conn-rate',
                     'smtp-source-ip', 'log-level', 'http-listener', 'process-x-sender', 'listen-on-tcp', 'dkim-sign-policy'):
            self.refused(f'{name} x\n', f'1: unknown directive "{name}"')

    def test_tags_that_do_not_exist(self):
        for tag in ('rate-policy', 'dnsbl', 'domain-macro', 'virtual-mta-group', 'bounce-log', 'smtp-source', 'queue',
                    'http-mgmt-listener', 'limit', 'bind', 'accepted-connect', 'VirtualMTA', 'VirtualMTA-Pool'):
            self.refused(f'<{tag} x>\n</{tag}>\n', f'1: unknown tag <{tag.lower()}>')

    def test_a_directive_in_the_wrong_scope(self):
        self.refused('<domain *>\nretry-interval 5m\n</domain>\n', '2: "retry-interval" is not allowed in <domain>')
        self.refused('<virtual-mta a>\nmax-msg-rate 5/h\n</virtual-mta>\n', '2: "max-msg-rate" is not allowed in <virtual-mta>')
        self.refused('<source 0/0>\nlog-file /x\n</source>\n', '2: "log-file" is not allowed in <source>')

    def test_a_block_in_the_wrong_place(self):
        self.refused('<source 0/0>\n<domain *>\n</domain>\n</source>\n', '2: <domain> is not allowed in <source>')
        self.refused('<address-list>\n</address-list>\n', '1: <address-list> is not allowed at the top level')

    def test_blocks_that_do_not_match(self):
        self.refused('<domain *>\n</source>\n', '2: </source> closes <domain>', '1: <domain> is never closed')
        self.refused('</domain>\n', '1: </domain> closes nothing')
        self.refused('<domain *\n', '1: malformed tag')
        self.refused('<virtual-mta>\n</virtual-mta>\n', '1: <virtual-mta> needs a name')

    def test_values_of_the_wrong_shape(self):
        for line in ('run-as-root 1', 'run-as-root on', 'http-mgmt-port many', 'postmaster nobody', 'host-name 192.0.2.1',
                     'smtp-listener 192.0.2.1', 'smtp-listener 192.0.2.1:99999', 'smtp-listener 192.0.2.300:25',
                     'smtp-listener mail1:25', 'http-access 127.0.0.1', 'http-access 127.0.0.1 root', 'run-as-root',
                     'http-access 10/40 admin', 'pmc-acct-min-free-space 5', 'host-name ""', 'domain-macro a-b x.example'):
            self.refused(line + '\n', '1: ' + line.split()[0])
        for line in ('retry-after 10', 'bounce-after 1 d', 'retry-after 10m, 20m', 'max-smtp-out -1', 'dkim-sign maybe',
                     'dkim-algorithm ed25519', 'type ftp', 'backoff-notify nobody', 'max-cold-virtual-mta-msg 400/h',
                     'source-ip-max-msg-rate 5/h', 'retry-after "10m'):
            self.refused(f'<domain *>\n{line}\n</domain>\n', '2: ' + line.split()[0])
        self.refused('<acct-file /a>\nmax-size 50\n</acct-file>\n', '2: max-size')
        self.refused('<source 300.1.1.1>\n</source>\n', '1: <source>: ')

    def test_names_that_are_not_defined(self):
        self.refused('<virtual-mta-pool p>\nvirtual-mta a\n</virtual-mta-pool>\n', '2: virtual-mta "a" is not defined')
        self.refused('<source 0/0>\ndefault-virtual-mta a\n</source>\n', '2: virtual MTA or pool "a" is not defined')
        self.refused('<source 0/0>\npattern-list a\n</source>\n', '2: pattern-list "a" is not defined')
        self.refused('<pattern-list l>\nmail-from /x/ virtual-mta=a\n</pattern-list>\n', '2: virtual MTA or pool "a"')
        self.refused('<pattern-list l>\nmail-from /x/ call-to:other\n</pattern-list>\n', '2: pattern-list "other"')
        self.refused('<domain *>\nsmtp-pattern-list a\n</domain>\n', '2: smtp-pattern-list: <smtp-pattern-list a> is not')
        self.refused('<domain *>\nqueue-to g.queue\n</domain>\n', '2: queue-to: there is no <domain g.queue>')
        self.refused('<smtp-user u>\npassword x\nsource {auth-x}\n</smtp-user>\n', '3: source: <source {auth-x}> is not')
        self.refused('smtp-listener 192.0.2.1:25 source=x\n', '1: smtp-listener: <source x> is not defined')
        self.refused('<virtual-mta a>\ncold-virtual-mta b\n</virtual-mta>\n', '2: virtual MTA or pool "b" is not defined')
        self.refused('<domain $x>\n</domain>\n', '1: macro "$x" is not defined')
        self.refused('<virtual-mta-pool p>\n</virtual-mta-pool>\n', '1: <virtual-mta-pool p> has no members')

    def test_macros_in_a_loop(self):
        self.refused('domain-macro a $b\ndomain-macro b $a\n', '1: domain-macro a: loop a > b > a', '2: domain-macro b: loop')

    def test_a_pattern_list_after_the_source_that_names_it(self):
        self.refused('<source 0/0>\npattern-list l\n</source>\n<pattern-list l>\nrcpt-to /x/ recipient-priority=9\n</pattern-list>\n',
                     '2: pattern-list "l" must be defined before')

    def test_a_pattern_result_that_is_none(self):
        for wrong in ('', 'vmta-mail1', 'virtual-mta=', 'recipient-priority=101', 'virtual-mta=a,virtual-mta=a'):
            self.assertEqual(len(self.errors(POOL + f'<pattern-list l>\nmail-from /x/ {wrong}\n</pattern-list>\n')), 1, wrong)
        self.refused('<pattern-list l>\n* recipient-priority=1\n</pattern-list>\n', '2: pattern-list: "*" does not start')

    def test_names_that_are_taken(self):
        self.refused(POOL + '<virtual-mta p>\n</virtual-mta>\n', '6: <virtual-mta p>: the name is taken')
        self.refused(POOL + '<virtual-mta a>\n</virtual-mta>\n', '6: <virtual-mta a>: the name is taken')
        self.refused('smtp-listener 192.0.2.1:25\nsmtp-listener 192.0.2.1:25\n', '2: smtp-listener 192.0.2.1:25 is given a second')

    def test_a_virtual_mta_in_two_pools_with_domains(self):
        pool = '<virtual-mta-pool {}>\nvirtual-mta a\n<domain *>\n</domain>\n</virtual-mta-pool>\n'
        self.refused('<virtual-mta a>\n</virtual-mta>\n' + pool.format('p') + pool.format('q'), '9: "a" is in two pools')

    def test_no_log_file(self):
        self.assertEqual(self.errors('run-as-root no\n', log=''), ['1: log-file is mandatory'])
        self.assertEqual(self.errors('log-file log\n', log=''), ['1: log-file: "log" is not an absolute file name'])

    def test_includes_that_cannot_be_read(self):
        self.refused('include missing\n', '1: cannot read')
        self.refused('include http://example.com/x\n', '1: include "http://example.com/x"')
        self.write('again', 'include again\n')
        self.assertIn('nested deeper', self.errors('include again\n')[0])

    def test_every_error_is_told_with_its_own_file(self):
        self.write('part', LOG + 'nonsense 1\n')
        self.write('config', 'include part\nrubbish 2\n')
        from pmta_stand_in import configuration, problem

        with self.assertRaises(problem.ConfigError) as caught:
            configuration.load(self.etc)
        self.assertEqual(
            sorted(str(one) for one in caught.exception.problems),
            [f'{self.etc}/config:2: unknown directive "rubbish" at the top level',
             f'{self.etc}/part:2: unknown directive "nonsense" at the top level'],
        )


if __name__ == '__main__':
    unittest.main()
