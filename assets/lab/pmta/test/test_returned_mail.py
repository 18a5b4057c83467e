"""Reports that come in as mail."""

import unittest

from delivery_case import DeliveryCase, rules

PROCESSORS = """
<bounce-processor>
<address-list>
domain bounce.example
address /^b\\+.*@mail1\\.example\\.com$/
</address-list>
</bounce-processor>
<feedback-loop-processor>
deliver-unmatched-email no
<address-list>
address fbl@mail1.example.com
</address-list>
</feedback-loop-processor>
<bounce-category-patterns>
/quota/ quota-issues
/^5\\.1\\.1/ bad-mailbox
// other
</bounce-category-patterns>
<acct-file {dir}/reports.csv>
records rb,rs,f
record-fields rb *,header_Message-Id
record-fields f *,header_Message-Id
map-header-to-field f header_X-Recipient rcpt
</acct-file>
"""

ORIGINAL = """Message-ID: <m1@mail1.example.com>
From: contact@mail1.example.com
To: x@c.example
X-Recipient: real@c.example
"""


def report(kind, *machine):
    blocks = '\n'.join(f'{one}\n' for one in machine)
    text = f"""From: mailer-daemon@c.example
Subject: report
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary=cut

--cut
Content-Type: text/plain

For people.

--cut
Content-Type: message/{kind}

{blocks}
--cut
Content-Type: message/rfc822

{ORIGINAL}
text
--cut--
"""
    return text.replace('\n', '\r\n')


GONE = 'Final-Recipient: rfc822; gone@c.example\nOriginal-Recipient: rfc822;alias@c.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.c.example\nDiagnostic-Code: smtp; 550 5.1.1\n unknown'
LATE = 'Final-Recipient: rfc822; late@c.example\nAction: delayed\nStatus: 4.4.1'
COMPLAINT = 'Feedback-Type: abuse\nUser-Agent: test/1\nVersion: 1\nOriginal-Mail-From: <b+1@mail1.example.com>\nOriginal-Rcpt-To: <hidden@c.example>'


class Reports(DeliveryCase):
    rules = rules(more=PROCESSORS)

    def reported(self):
        return self.rows(name='reports.csv')

    async def test_a_notification_is_a_record_for_each_recipient(self):
        await self.send('b+t.1.x@mail1.example.com', body=report('delivery-status', 'Reporting-MTA: dns; c.example', GONE, LATE), sender='')
        self.assertEqual([(row['type'], row['rcpt'], row['orcpt'], row['dsnAction'], row['dsnStatus'][:5]) for row in self.reported()],
                         [('rb', 'gone@c.example', 'alias@c.example', 'failed', '5.1.1'), ('rs', 'late@c.example', 'late@c.example', 'delayed', '4.4.1')])
        row = self.reported()[0]
        self.assertEqual((row['orig'], row['bounceCat'], row['dsnDiag'], row['dsnMta'], row['header_Message-Id']),
                         ('b+t.1.x@mail1.example.com', 'bad-mailbox', 'smtp; 550 5.1.1 unknown', 'mx.c.example', '<m1@mail1.example.com>'))
        self.assertEqual(self.spooled(), [])

    async def test_a_complaint_with_its_recipient_out_of_a_header(self):
        await self.send('fbl@mail1.example.com', body=report('feedback-report', COMPLAINT))
        self.assertEqual([(row['type'], row['orig'], row['rcpt'], row['orcpt'], row['header_Message-Id']) for row in self.reported()],
                         [('f', 'b+1@mail1.example.com', 'real@c.example', 'hidden@c.example', '<m1@mail1.example.com>')])

    async def test_what_is_no_report_goes_on_or_ends_as_configured(self):
        plain = 'From: a@c.example\r\n\r\nout of office\r\n'
        await self.send('any@bounce.example', body=plain)
        await self.send('fbl@mail1.example.com', body=plain)
        await self.until(lambda: self.rows('d'))
        self.assertEqual(([one.recipients for one in self.sink.messages], self.reported()), ([['any@bounce.example']], []))

    async def test_others_get_their_mail(self):
        await self.send('fbl@mail1.example.com', 'x@c.example', body=report('feedback-report', COMPLAINT))
        await self.until(lambda: self.rows('d'))
        self.assertEqual((self.sink.messages[0].recipients, len(self.reported())), (['x@c.example'], 1))

    async def test_broken_reports_are_no_reports(self):
        for body in (report('delivery-status', 'nonsense'), report('delivery-status', GONE)[:200], report('feedback-report', '')):
            await self.send('any@bounce.example', 'fbl@mail1.example.com', body=body)
        self.assertEqual(self.reported(), [])


if __name__ == '__main__':
    unittest.main()
