import email
import socketserver
import threading
import unittest

from fake_dns import FakeDns

from lab_world.outgoing import NotSent, send
from lab_world.reports import BadReport, Report, bounce, complaint
from lab_world.settings import Provider

GMAIL = Provider("gmail.com", "127.0.0.1", "mx.gmail.com", ("gmail.com",))
ORIGINAL = b"From: Us <contact@mail1.lab.example>\r\nMessage-ID: <m1@mail1.lab.example>\r\nX-Long: a\r\n b\r\n\r\nHello\r\n"


def about(**more):
    return {
        "id": "1",
        "receivedAt": "2026-11-27T18:00:00+00:00",
        "client": "10.77.0.101",
        "envelope": {"from": "b+t.1@mail1.lab.example", "to": ["ann@gmail.com"]},
        "verdicts": {"dkim": [{"result": "pass", "domain": "mail1.lab.example"}]},
        **more,
    }


def parts(report: Report):
    people, machine, headers = email.message_from_bytes(report.content).get_payload()
    return machine.get_payload(), headers.get_payload(), people.get_payload()


class Reports(unittest.TestCase):
    def test_a_complaint_goes_to_the_feedback_address_of_the_domain_that_signed(self):
        report = complaint(about(), ORIGINAL, "mx.gmail.com", {})
        self.assertEqual((report.mail_from, report.to), ("complaints@gmail.com", "fbl@mail1.lab.example"))
        message = email.message_from_bytes(report.content)
        self.assertEqual((message.get_content_type(), message.get_param("report-type")), ("multipart/report", "feedback-report"))
        (machine,), headers, _ = parts(report)
        self.assertEqual(machine["Feedback-Type"], "abuse")
        self.assertEqual(machine["Original-Mail-From"], "<b+t.1@mail1.lab.example>")
        self.assertEqual(machine["Original-Rcpt-To"], "<ann@gmail.com>")
        self.assertEqual((machine["Source-IP"], machine["Reported-Domain"]), ("10.77.0.101", "mail1.lab.example"))
        self.assertIn("Message-ID: <m1@mail1.lab.example>", headers)
        self.assertNotIn("Hello", headers)

    def test_an_unsigned_message_is_complained_about_at_its_return_path_and_the_recipient_can_be_hidden(self):
        report = complaint(about(verdicts={"dkim": []}), ORIGINAL, "mx.gmail.com", {"hide": True, "type": "fraud"})
        self.assertEqual(report.to, "fbl@mail1.lab.example")
        (machine,), _, people = parts(report)
        self.assertEqual(machine["Feedback-Type"], "fraud")
        self.assertIsNone(machine["Original-Rcpt-To"])
        self.assertNotIn("ann@gmail.com", people)
        self.assertEqual(complaint(about(), ORIGINAL, "mx.gmail.com", {"to": "x@y.example"}).to, "x@y.example")

    def test_a_bounce_comes_from_nobody_and_tells_of_the_recipient(self):
        report = bounce(about(), ORIGINAL, "mx.gmail.com", {"status": "5.2.2", "text": "mailbox\nfull"})
        self.assertEqual((report.mail_from, report.to), ("", "b+t.1@mail1.lab.example"))
        (of_message, recipient), _, _ = parts(report)
        self.assertEqual(of_message["Reporting-MTA"], "dns; mx.gmail.com")
        self.assertEqual((recipient["Action"], recipient["Status"]), ("failed", "5.2.2"))
        self.assertEqual(recipient["Final-Recipient"], "rfc822; ann@gmail.com")
        self.assertEqual(recipient["Diagnostic-Code"], "smtp; 550 5.2.2 mailbox full")

    def test_what_is_no_report_is_refused(self):
        wrong = [(complaint, {"type": "not-spam"}), (complaint, {"to": "x"}), (bounce, {"action": "delivered"}), (bounce, {"status": "2.0.0"})]
        for build, asked in wrong:
            with self.subTest(asked), self.assertRaises(BadReport):
                build(about(), ORIGINAL, "mx.gmail.com", asked)
        with self.assertRaises(BadReport):
            bounce(about(envelope={"from": "", "to": ["ann@gmail.com"]}), ORIGINAL, "mx.gmail.com", {})


class Refusing(socketserver.StreamRequestHandler):
    """A host that takes mail for nobody."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        answers = {b"RCPT": b"550 5.1.1 nobody\r\n", b"QUIT": b"221 bye\r\n"}
        for line in self.rfile:
            self.wfile.write(answers.get(line[:4].upper(), b"250 ok\r\n"))


class Outgoing(unittest.TestCase):
    report = Report("", "x@c.example", b"Subject: x\r\n\r\n")

    def test_who_refuses_is_named_with_the_answer(self):
        with socketserver.TCPServer(("127.0.0.1", 0), Refusing) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.addCleanup(server.shutdown)
            dns = FakeDns(mx={"c.example": ["mx.c.example"]}, a={"mx.c.example": ["127.0.0.1"]})
            with self.assertRaisesRegex(NotSent, "mx.c.example answers RCPT with 550 5.1.1 nobody"):
                send(self.report, GMAIL, dns, server.server_address[1])

    def test_a_domain_without_a_host_is_named(self):
        with self.assertRaisesRegex(NotSent, "c.example has no host that takes mail"):
            send(self.report, GMAIL, FakeDns())


if __name__ == "__main__":
    unittest.main()
