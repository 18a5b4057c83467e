import asyncio
import http.client
import json
import smtplib
import socket
import ssl
import tempfile
import threading
import time
import unittest
from unittest.mock import patch

from fake_dns import FakeDns

from lab_world import receiver as receiver_module
from lab_world.certificate import server_context
from lab_world.control import Control
from lab_world.receiver import Receiver
from lab_world.rules import Rules
from lab_world.settings import Provider
from lab_world.store import Store

GMAIL = Provider("gmail.com", "127.0.0.1", "mx.gmail.com", ("gmail.com", "googlemail.com"))
MESSAGE = b"From: a@mail1.lab.example\r\nSubject: =?utf-8?q?h=C3=A9?=\r\n\r\n.dots\r\nand a long line\r\n"
VERDICTS = {"spf": {"result": "pass"}}


class Asking(http.client.HTTPConnection):
    """HTTP on a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class AProvider(unittest.TestCase):
    """A provider on a port of the loopback, with the judge replaced: what it concludes has tests of its own."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.rules, self.store = Rules(), Store(self.folder.name)
        judge = patch.object(receiver_module, "judge", lambda *_: VERDICTS)
        judge.start()
        self.addCleanup(judge.stop)
        tls = server_context(self.folder.name, ["mx.gmail.com"])
        receiver = Receiver(GMAIL, self.rules, self.store, FakeDns(), tls)
        self.loop = asyncio.new_event_loop()
        self.looping = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.looping.start()
        starting = asyncio.run_coroutine_threadsafe(
            self.loop.create_server(receiver.connection, "127.0.0.1", 0), self.loop
        )
        self.server = starting.result(10)
        self.addCleanup(self.stop)
        self.port = self.server.sockets[0].getsockname()[1]
        self.control = Control(f"{self.folder.name}/control.sock", self.store, self.rules, (GMAIL,), FakeDns())
        threading.Thread(target=self.control.serve_forever, daemon=True).start()
        self.addCleanup(self.control.server_close)
        self.addCleanup(self.control.shutdown)

    def stop(self):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.looping.join(10)
        self.loop.close()

    def ask(self, method, path, body=None):
        connection = Asking(self.control.server_address)
        self.addCleanup(connection.close)
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        return response.status, response.read()

    def rule(self, **parts):
        status, answer = self.ask("POST", "/rules", {"scope": "gmail.com", **parts})
        self.assertEqual(status, 200, answer)

    def connect(self, tls=False):
        client = smtplib.SMTP("127.0.0.1", self.port, local_hostname="vps2.lab.example", timeout=10)
        self.addCleanup(client.close)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            client.starttls(context=context)
        return client

    def send(self, to=("ann@gmail.com",), tls=False):
        """The answer of the provider: 250 and its text, or the refusal."""
        try:
            self.connect(tls).sendmail("a@mail1.lab.example", list(to), MESSAGE)
            return 250
        except smtplib.SMTPRecipientsRefused as error:
            return [code for code, _ in error.recipients.values()][0]
        except smtplib.SMTPResponseException as error:
            return error.smtp_code
        except smtplib.SMTPServerDisconnected:
            return None


class Receiving(AProvider):
    def test_it_keeps_a_message_as_it_came_with_all_that_it_knows(self):
        self.assertEqual(self.send(to=["ann@gmail.com", "bob@googlemail.com"], tls=True), 250)
        (message,) = json.loads(self.ask("GET", "/messages")[1])
        self.assertEqual(self.ask("GET", f"/messages/{message['id']}"), (200, MESSAGE))
        self.assertEqual(message["envelope"], {"from": "a@mail1.lab.example", "to": ["ann@gmail.com", "bob@googlemail.com"]})
        self.assertEqual((message["client"], message["helo"]), ("127.0.0.1", "vps2.lab.example"))
        self.assertEqual((message["tls"]["version"], message["headers"]["subject"]), ("TLSv1.3", "hé"))
        self.assertEqual(message["verdicts"], VERDICTS)

    def test_it_says_whether_tls_was_used(self):
        self.send()
        self.assertIsNone(self.store.messages()[0]["tls"])

    def test_messages_are_found_by_address_and_by_domain(self):
        self.send(to=["ann@gmail.com"])
        self.send(to=["bob@googlemail.com"])
        self.assertEqual(len(self.store.messages("Ann@gmail.com")), 1)
        self.assertEqual(len(json.loads(self.ask("GET", "/messages?to=googlemail.com")[1])), 1)
        self.assertEqual(len(self.store.messages()), 2)
        self.ask("DELETE", "/messages")
        self.assertEqual(self.store.messages(), [])

    def test_it_relays_for_nobody(self):
        self.assertEqual(self.send(to=["ann@example.net"]), 550)
        self.assertEqual(self.store.refusals()[0]["to"], ["ann@example.net"])

    def test_it_has_no_message_of_another_name(self):
        for name in ("1", "..%2f..%2fetc%2fpasswd", "../tls.key"):
            self.assertEqual(self.ask("GET", f"/messages/{name}")[0], 404)


class Misbehaving(AProvider):
    def test_it_answers_as_it_was_told_and_recovers(self):
        for phase in ("connect", "mail", "rcpt", "data"):
            with self.subTest(phase):
                self.rule(at=phase, answer="451 4.7.1 greylisted", times=1)
                self.assertEqual([self.send(), self.send()], [451, 250])
                self.assertEqual(self.store.refusals()[-1]["phase"], phase)

    def test_it_closes_the_connection_after_a_421(self):
        self.rule(answer="421 4.7.0 slow down")
        client = self.connect()
        client.ehlo()
        client.mail("a@mail1.lab.example")
        self.assertEqual(client.rcpt("ann@gmail.com")[0], 421)
        with self.assertRaises(smtplib.SMTPServerDisconnected):
            client.noop()

    def test_it_refuses_one_mailbox_and_takes_the_others(self):
        self.rule(scope="full@gmail.com", answer="552 5.2.2 Mailbox full")
        refused = self.connect().sendmail("a@mail1.lab.example", ["full@gmail.com", "ann@gmail.com"], MESSAGE)
        self.assertEqual(refused, {"full@gmail.com": (552, b"5.2.2 Mailbox full")})
        self.assertEqual(self.store.messages()[0]["envelope"]["to"], ["ann@gmail.com"])

    def test_it_drops_the_connection_without_a_word(self):
        for phase in ("connect", "data"):
            with self.subTest(phase):
                self.rule(at=phase, drop=True, times=1)
                self.assertIsNone(self.send())
        self.assertEqual([one["answer"] for one in self.store.refusals()], [None, None])
        self.assertEqual(self.send(), 250)

    def test_it_is_slow(self):
        self.rule(delay=0.3, times=1)
        began = time.monotonic()
        self.assertEqual(self.send(), 250)
        self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_it_offers_no_tls_and_takes_mail_without(self):
        self.rule(refuse_tls=True, times=1)
        client = self.connect()
        client.ehlo()
        self.assertFalse(client.has_extn("starttls"))
        self.assertEqual(self.send(tls=True), 250)

    def test_it_behaves_when_told(self):
        self.rule(answer="550 5.7.1 blocked")
        self.assertEqual(self.send(), 550)
        self.ask("DELETE", "/rules?scope=gmail.com")
        self.assertEqual(self.send(), 250)

    def test_it_says_why_it_cannot_do_something(self):
        status, answer = self.ask("POST", "/rules", {"scope": "example.net", "answer": "421 no"})
        self.assertEqual((status, json.loads(answer)), (400, {"error": "example.net is no domain of a provider here"}))
        self.assertEqual(self.ask("POST", "/rules", ["no rule"])[0], 400)
        self.assertEqual(self.ask("DELETE", "/rules?scope=example.net")[0], 400)
        self.assertEqual(self.ask("GET", "/elsewhere")[0], 404)


if __name__ == "__main__":
    unittest.main()
