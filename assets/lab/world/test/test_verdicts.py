import base64
import subprocess
import unittest
from unittest.mock import patch

import dkim
from fake_dns import FakeDns

from lab_world import spf_check
from lab_world.dkim_check import check_dkim
from lab_world.dmarc_check import check_dmarc
from lab_world.host_check import check_host
from lab_world.spf_check import check_spf
from lab_world.verdicts import author_domains

MESSAGE = b"From: Ann <ann@mail1.lab.example>\r\nTo: b@gmail.com\r\nSubject: hello\r\n\r\nHello\r\n"
KEY_NAME = "s1._domainkey.mail1.lab.example"


class Dkim(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def openssl(*words, data=None):
            return subprocess.run(["openssl", *words], input=data, capture_output=True, check=True).stdout

        private = openssl("genrsa", "-traditional", "2048")
        public = base64.b64encode(openssl("rsa", "-pubout", "-outform", "DER", data=private)).decode()
        cls.record = f"v=DKIM1; k=rsa; p={public}"
        cls.signed = dkim.sign(MESSAGE, b"s1", b"mail1.lab.example", private, canonicalize=(b"relaxed", b"relaxed")) + MESSAGE

    def results(self, message, **dns):
        return [(one["result"], one["reason"]) for one in check_dkim(message, FakeDns(**dns))]

    def test_a_signature_is_verified_with_the_key_in_dns(self):
        (verdict,) = check_dkim(self.signed, FakeDns(txt={KEY_NAME: [self.record]}))
        self.assertEqual(
            verdict, {"result": "pass", "domain": "mail1.lab.example", "selector": "s1", "reason": ""}
        )

    def test_a_message_without_a_signature_has_no_verdict(self):
        self.assertEqual(check_dkim(MESSAGE, FakeDns()), [])

    def test_a_changed_body_fails(self):
        ((result, _),) = self.results(self.signed.replace(b"Hello\r\n", b"Hallo\r\n"), txt={KEY_NAME: [self.record]})
        self.assertIn(result, ("fail", "permerror"))

    def test_a_signed_header_that_was_changed_fails(self):
        changed = self.signed.replace(b"Subject: hello", b"Subject: money")
        self.assertEqual(self.results(changed, txt={KEY_NAME: [self.record]}), [("fail", "the signature does not match")])

    def test_no_key_several_keys_a_revoked_key_and_no_answer_are_told_apart(self):
        self.assertEqual(self.results(self.signed), [("permerror", "no key record")])
        self.assertEqual(self.results(self.signed, txt={KEY_NAME: [self.record] * 2}), [("permerror", "2 key records")])
        revoked = {KEY_NAME: ["v=DKIM1; k=rsa; p="]}
        self.assertEqual(self.results(self.signed, txt=revoked), [("permerror", "the key is revoked")])
        self.assertEqual(self.results(self.signed, silent=True), [("temperror", "no answer")])


class Spf(unittest.TestCase):
    def check(self, ip, sender):
        records = {("mail1.lab.example", "TXT"): [(("mail1.lab.example", "TXT"), [b"v=spf1 ip4:192.0.2.1 -all"])]}

        def answer(name, kind, *_, **__):
            return records.get((name, kind), [])

        with patch.object(spf_check.spf, "DNSLookup", answer):
            return check_spf(ip, "mail1.lab.example", sender)

    def test_the_return_path_decides(self):
        self.assertEqual(self.check("192.0.2.1", "ann@mail1.lab.example")["result"], "pass")
        self.assertEqual(self.check("192.0.2.2", "ann@mail1.lab.example")["result"], "fail")
        self.assertEqual(self.check("192.0.2.1", "ann@elsewhere.example")["result"], "none")

    def test_a_bounce_is_judged_by_its_greeting(self):
        verdict = self.check("192.0.2.1", "")
        self.assertEqual((verdict["result"], verdict["domain"]), ("pass", "mail1.lab.example"))


class Dmarc(unittest.TestCase):
    PASS, NONE = {"result": "pass", "domain": "mail1.lab.example"}, {"result": "none", "domain": "mail1.lab.example"}

    def check(self, record="v=DMARC1; p=reject", spf=NONE, signatures=(), author="mail1.lab.example", **dns):
        records = {"_dmarc.lab.example": [record]} if isinstance(record, str) else record
        return check_dmarc(author, spf, list(signatures), FakeDns(txt=records, **dns))

    def test_it_passes_when_spf_or_dkim_passed_for_an_aligned_domain(self):
        self.assertEqual(self.check(spf=self.PASS)["result"], "pass")
        verdict = self.check(signatures=[{"result": "pass", "domain": "lab.example"}])
        self.assertEqual((verdict["result"], verdict["policy"], verdict["dkimAligned"]), ("pass", "reject", True))

    def test_it_fails_when_what_passed_belongs_to_somebody_else(self):
        other = {"result": "pass", "domain": "other.example"}
        self.assertEqual(self.check(spf=other, signatures=[other])["result"], "fail")

    def test_what_did_not_pass_is_not_aligned(self):
        self.assertEqual(self.check(signatures=[{"result": "fail", "domain": "mail1.lab.example"}])["result"], "fail")

    def test_strict_alignment_wants_the_very_name(self):
        strict = "v=DMARC1; p=none; aspf=s"
        self.assertEqual(self.check(strict, spf={"result": "pass", "domain": "lab.example"})["result"], "fail")
        self.assertEqual(self.check(strict, spf=self.PASS)["result"], "pass")

    def test_psd_says_where_the_organisation_begins(self):
        records = {"_dmarc.lab.example": ["v=DMARC1; p=none; psd=y"], "_dmarc.mail1.lab.example": ["v=DMARC1; p=none"]}
        neighbour = {"result": "pass", "domain": "mail2.lab.example"}
        self.assertEqual(self.check(records, spf=neighbour)["result"], "fail")
        self.assertEqual(self.check(records, spf=self.PASS)["result"], "pass")

    def test_without_a_record_or_with_two_there_is_no_policy(self):
        self.assertEqual(self.check({})["result"], "none")
        self.assertEqual(self.check({"_dmarc.lab.example": ["v=DMARC1; p=none"] * 2})["result"], "none")
        self.assertEqual(self.check("v=DMARC2; p=none")["result"], "none")

    def test_silence_of_dns_decides_nothing(self):
        self.assertEqual(self.check(silent=True)["result"], "temperror")

    def test_the_author_is_whom_the_from_line_names(self):
        self.assertEqual(author_domains(MESSAGE), ["mail1.lab.example"])
        self.assertEqual(author_domains(b"From: a@one.example, b@Two.example\r\n\r\n"), ["one.example", "two.example"])
        self.assertEqual(author_domains(b"Subject: none\r\n\r\n"), [])


class Host(unittest.TestCase):
    IP, NAME = "192.0.2.1", "mail1.lab.example"

    def results(self, helo=NAME, **dns):
        reverse, greeting = check_host(self.IP, helo, FakeDns(**dns))
        return reverse["result"], greeting["result"]

    def test_one_reverse_name_that_leads_back_and_is_the_greeting(self):
        dns = {"ptr": {self.IP: [self.NAME]}, "a": {self.NAME: [self.IP]}}
        self.assertEqual(self.results(**dns), ("pass", "pass"))
        self.assertEqual(self.results(helo="localhost", **dns), ("pass", "fail"))

    def test_no_several_and_wrong_reverse_names(self):
        self.assertEqual(self.results(), ("none", "fail"))
        self.assertEqual(self.results(ptr={self.IP: [self.NAME]}), ("fail", "fail"))
        both = {"ptr": {self.IP: [self.NAME, "b.example"]}, "a": {self.NAME: [self.IP], "b.example": [self.IP]}}
        self.assertEqual(self.results(**both), ("fail", "pass"))

    def test_silence_of_dns_decides_nothing(self):
        self.assertEqual(self.results(silent=True), ("temperror", "temperror"))


if __name__ == "__main__":
    unittest.main()
