"""What the language allows is accepted."""

import unittest

from support import LOG, ConfigCase
from pmta_stand_in import catalogue, values

ADAPTED = r"""# Adapted configuration
postmaster admin@example.com
host-name mail1.example.com
smtp-listener 192.0.2.11:2525
smtp-listener 192.0.2.12:2525
<source 0/0>
    log-connections yes
    log-commands no # too loud
</source>
sync-msg-create false
sync-msg-update false
run-as-root no
log-file /var/log/pmta/log
<acct-file /var/log/pmta/acct.csv>
    max-size 50M
    record-fields b *,header_Message-Id
</acct-file>
<acct-file /var/log/pmta/diag.csv>
    move-interval 1d
    delete-after never
    records t
</acct-file>
spool /var/spool/pmta
http-mgmt-port 1983
http-access 127.0.0.1 admin
smtp-server-tls-certificate /etc/pmta/tls/relay.pem
<smtp-user mailer@example.com>
    password abc-DEF_123
    source {pmta-auth}
</smtp-user>
<virtual-mta vmta-mail1>
    smtp-source-host 192.0.2.11 mail1.example.com
    domain-key mail,mail1.example.com,/etc/pmta/dkim/mail1.pem
    max-smtp-msg-rate 400/d
</virtual-mta>
<virtual-mta vmta-mail2>
    smtp-source-host 192.0.2.12 mail2.example.com
    domain-key mail,mail2.example.com,/etc/pmta/dkim/mail2.pem
</virtual-mta>
<virtual-mta-pool pmta-pool>
    virtual-mta vmta-mail1
    virtual-mta vmta-mail2
</virtual-mta-pool>
<pattern-list sender-to-vmta>
    mail-from /@mail1\.example\.com$/ virtual-mta=vmta-mail1
    mail-from /@mail2\.example\.com$/ virtual-mta=vmta-mail2
</pattern-list>
<source {pmta-auth}>
    smtp-service yes
    always-allow-relaying yes
    require-auth true
    process-x-virtual-mta yes
    default-virtual-mta pmta-pool
    pattern-list sender-to-vmta
    hide-message-source true
</source>
<source 198.51.100.10>
    allow-starttls yes
    require-starttls-before-auth yes
    require-auth true
</source>
<source 127.0.0.1>
    always-allow-api-submission yes
    add-message-id-header yes
    retain-x-job yes
    retain-x-virtual-mta yes
    verp-default yes
    process-x-envid yes
    process-x-job yes
    jobid-header X-Mailer-RecptId
    process-x-virtual-mta yes
</source>
domain-macro gmail gmail.com,googlemail.com
<domain $gmail>
    max-msg-rate 250/h
</domain>
<domain *>
    use-starttls yes
</domain>
<domain *>
    max-smtp-out 2
    max-msg-per-connection 100
    max-errors-per-connection 10
    max-msg-rate 1000/h
    smtp-greeting-timeout 5m
    bounce-upon-no-mx yes
    assume-delivery-upon-data-termination-timeout yes
    retry-after 10m
    bounce-after 24h
    smtp-pattern-list blocking-errors
    backoff-max-msg-rate 1/m
    backoff-retry-after 20m
    backoff-notify ""
    backoff-to-normal-after-delivery yes
    backoff-to-normal-after 1h
    dkim-sign yes
    ignore-8bitmime true
    use-starttls yes
</domain>
<smtp-pattern-list blocking-errors>
    reply /421 .*service not available/ mode=backoff
    reply /\[TS0[123]\]/ mode=backoff
    reply /(\d+\.){3}\d+ +(is )?blocked/ mode=backoff
</smtp-pattern-list>
<bounce-category-patterns>
    /\bspam\b/ spam-related
    /^5\.1\.1/ bad-mailbox
    // other
</bounce-category-patterns>
"""


class GoodForms(ConfigCase):
    def accepted(self, text):
        self.assertEqual(self.errors(text), [])

    def test_the_checker_knows_the_notation_of_every_directive(self):
        for row in catalogue.directives().values():
            if not (row.value or '').startswith('same as '):
                self.assertIn(row.value, values.CHECKS, row.name)
        self.assertEqual(len(catalogue.directives()), 443)

    def test_an_adapted_configuration(self):
        self.assertEqual(self.errors(ADAPTED, log=''), [])

    def test_crlf_no_final_newline_and_bytes_that_are_no_utf8(self):
        config = self.load(ADAPTED.replace('# Adapted', '# Adapt\xe9').encode('latin-1').replace(b'\n', b'\r\n').rstrip())
        self.assertEqual(len(config.vmtas), 2)
        self.assertEqual(config.domains[-1][2]['backoff-notify'], '')

    def test_comments_anywhere_and_quotes(self):
        config = self.load('host-name "mail1.example.com" # a "comment"\n<source {x}> # after a tag\n</source {x}>#\n')
        self.assertEqual(config.host_name, 'mail1.example.com')

    def test_keywords_and_tags_in_any_case(self):
        self.accepted('<Virtual-MTA a>\n\tSMTP-Source-Host\t192.0.2.1 mail1.example.com\n</VIRTUAL-MTA>\n')

    def test_blanks_inside_tags(self):
        self.accepted('<  virtual-mta   a  >\n</ virtual-mta >\n')

    def test_a_macro_that_goes_on_over_lines(self):
        config = self.load('domain-macro a x.example,\n y.example,\n z.example\ndomain-macro b\n  u.example, $a\n<domain $b>\n</domain>\n')
        self.assertEqual([name for name, *_ in config.domains], ['u.example', 'x.example', 'y.example', 'z.example'])

    def test_domain_patterns(self):
        for pattern in ('*', 'a.example', '*.a.example', '[*.]a.example', '[192.0.2.0/24]', '[192.0.2.1]', '{gmImprinter}'):
            self.accepted(f'<domain {pattern}>\n</domain>\n')
        self.accepted('domain-macro tld fr,de\n<domain yahoo.$tld>\n</domain>\n')

    def test_rates_intervals_and_sizes(self):
        for rate in ('unlimited', '0', '250/h', '250/hr', '1/m', '100/15m', '5/sec', '9/day'):
            self.accepted(f'<domain *>\nmax-msg-rate {rate}\n</domain>\n')
        for line in ('max-data-volume-rate 10g/2h', 'retry-after 10m,20m,1h', 'bounce-after 4d12h', 'backoff-to-normal-after never',
                     'bounce-upon-no-mx 2h', 'connection-idle-timeout 0', 'source-ip-max-msg-rate 0/0 100/h',
                     'max-cold-virtual-mta-msg 1/day,2/day', 'smtp-hosts [192.0.2.1]:2525,mx.example.com;lookup-mx:a.example'):
            self.accepted(f'<domain *>\n{line}\n</domain>\n')
        self.accepted('<source 10/8>\nmax-message-size 10M\n</source>\n<source 2001:db8::/32>\nmax-message-size 1000000\n</source>\n')

    def test_listeners(self):
        config = self.load('<source pub>\n</source>\nsmtp-listener 0/0:25 source=pub\nsmtp-listener [2001:db8::1]:2525\n'
                           '<smtp-listener 192.0.2.1:465>\nimmediate-tls yes\nsource pub\n</smtp-listener>\n')
        self.assertEqual([(str(one.network), one.port, one.source, one.immediate_tls) for one in config.listeners],
                         [('0.0.0.0/0', 25, 'pub', False), ('2001:db8::1/128', 2525, None, False), ('192.0.2.1/32', 465, 'pub', True)])

    def test_without_a_listener_port_25_is_open(self):
        self.assertEqual([(str(one.network), one.port) for one in self.load('').listeners], [('0.0.0.0/32', 25)])

    def test_reply_actions(self):
        for action in ('mode=normal', 'mode=backoff,backoff-to-normal-after=1h', 'skip-mx', 'bounce-queue', 'bounce-rcpt',
                       'disable-source-ip,reenable-after=1h', 'mode=backoff, defer-queue', 'disable-source-ip'):
            self.accepted(f'<smtp-pattern-list x>\nreply /a\\/b "c" [[:digit:]]+/ {action}\n</smtp-pattern-list>\n')

    def test_nested_pattern_lists(self):
        config = self.load('<virtual-mta a>\n</virtual-mta>\n<pattern-list l>\nmail-from /x/ <pattern-list>\n header Subject /y/ virtual-mta=a\n'
                           ' * recipient-priority=9\n</pattern-list>\nrcpt-to /z/ call-to:l\n</pattern-list>\n')
        first = config.pattern_lists['l'][0]
        self.assertEqual([entry.kind for entry in first.inline], ['header', '*'])

    def test_includes_at_the_top_and_inside_blocks(self):
        self.write('one.inc', 'max-smtp-out 3\n')
        self.write('two.inc', 'max-msg-rate 5/h\n')
        config = self.load('<domain a.example>\ninclude *.inc\n</domain>\ninclude nothing-*\n')
        self.assertEqual({**config.domains[0][2], 'include': ''}, {'include': '', 'max-smtp-out': '3', 'max-msg-rate': '5/h'})

    def test_the_defaults_file_comes_first(self):
        self.write('config-defaults', 'total-max-smtp-in 7\nhttp-mgmt-port 1\n')
        config = self.load('http-mgmt-port 2\n')
        self.assertEqual((config.settings['total-max-smtp-in'], config.settings['http-mgmt-port']), ('7', '2'))

    def test_names_known_from_real_configurations_only(self):
        self.accepted('sync-msg-create false\nsmtp-listener 192.0.2.1:25 tls=yes\n<mx-rollup-list>\nmx *.google.com g.rollup\n</mx-rollup-list>\n')

    def test_warnings_are_no_errors(self):
        pool = '<virtual-mta a>\n</virtual-mta>\n<virtual-mta A>\n</virtual-mta>\n<virtual-mta-pool p>\nvirtual-mta a 50\n</virtual-mta-pool>\n'
        self.assertEqual(self.warnings(pool), ['"A" and "a" differ only by case', 'virtual-mta: "50" after the member is not documented'])
        self.assertEqual(self.warnings('spool /var/spool/pmta\n'), ['"spool" is deprecated'])
        self.assertEqual(self.warnings('<source 0/0>\nalways-allow-relaying yes\n</source>\n'), ['<source 0/0> lets anyone relay'])
        reply = '<smtp-pattern-list x>\nreply /http://a.example/ mode=backoff\nreply /a\\/b/ skip-mx\n</smtp-pattern-list>\n'
        self.assertEqual(self.warnings(reply), ['a "/" inside the regular expression has no backslash'])
        self.assertEqual(self.warnings('http-access 0/0 monitor\n'), ['the web monitor is open to anyone'])
        self.assertEqual(self.warnings('domain-key a,*,/k.pem\n'), ['domain-key is set but no <domain> has dkim-sign: mail leaves unsigned'])

    def test_a_log_file_is_all_that_is_mandatory(self):
        self.assertEqual(self.load('', log=LOG).warnings, [])


if __name__ == '__main__':
    unittest.main()
