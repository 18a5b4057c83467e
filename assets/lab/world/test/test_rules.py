import unittest

from lab_world.rules import BadRule, Rules, read_rule

GMAIL = ("gmail.com", "googlemail.com")


def rule(**parts):
    return read_rule({"scope": "gmail.com", "answer": "421 4.7.0 slow down", **parts}, set(GMAIL))


class WhichRuleFits(unittest.TestCase):
    def setUp(self):
        self.rules = Rules()

    def test_a_rule_for_a_domain_holds_for_its_mailboxes_and_no_other(self):
        self.rules.add(rule())
        self.assertEqual(self.rules.at("rcpt", ["Ann@Gmail.com"]).answer, "421 4.7.0 slow down")
        self.assertIsNone(self.rules.at("rcpt", ["ann@googlemail.com"]))
        self.assertIsNone(self.rules.at("data", ["ann@gmail.com"]))

    def test_a_mailbox_comes_before_its_domain(self):
        self.rules.add(rule())
        self.rules.add(rule(scope="full@gmail.com", answer="552 5.2.2 full"))
        self.assertEqual(self.rules.at("rcpt", ["full@gmail.com"]).answer, "552 5.2.2 full")

    def test_before_a_recipient_is_known_it_holds_for_the_whole_provider(self):
        self.rules.add(rule(at="connect"))
        self.assertIsNotNone(self.rules.at_provider("connect", GMAIL))
        self.assertIsNone(self.rules.at_provider("connect", ("yahoo.com",)))

    def test_it_lets_some_pass_misbehaves_so_often_and_recovers(self):
        self.rules.add(rule(after=1, times=2))
        answers = [self.rules.at("rcpt", ["a@gmail.com"]) is not None for _ in range(5)]
        self.assertEqual(answers, [False, True, True, False, False])
        self.assertEqual(self.rules.all(), [])

    def test_a_new_rule_for_the_same_takes_the_place_of_the_old_one(self):
        self.rules.add(rule())
        self.rules.add(rule(answer="451 4.3.2 later"))
        self.assertEqual([one.answer for one in self.rules.all()], ["451 4.3.2 later"])

    def test_refusing_tls_is_no_answer_to_a_command(self):
        self.rules.add(rule(answer=None, refuse_tls=True, times=1))
        self.assertIsNone(self.rules.at("rcpt", ["a@gmail.com"]))
        self.assertEqual([self.rules.refuses_tls(GMAIL), self.rules.refuses_tls(GMAIL)], [True, False])

    def test_back_to_normal_is_a_mailbox_a_domain_or_all(self):
        for scope in ("gmail.com", "full@gmail.com", "googlemail.com"):
            self.rules.add(rule(scope=scope))
        self.rules.clear("full@gmail.com")
        self.assertEqual([one.scope for one in self.rules.all()], ["gmail.com", "googlemail.com"])
        self.rules.clear("gmail.com")
        self.assertEqual([one.scope for one in self.rules.all()], ["googlemail.com"])
        self.rules.clear()
        self.assertEqual(self.rules.all(), [])


class WhatIsNoRule(unittest.TestCase):
    def test_each_mistake_has_its_reason(self):
        for parts, reason in [
            ({"scope": "example.net"}, "example.net is no domain"),
            ({"scope": ""}, "nothing is no domain"),
            ({"at": "ehlo"}, "ehlo is none of connect"),
            ({"answer": "250 fine"}, "code from 400"),
            ({"answer": "421 two\r\n250 lines"}, "code from 400"),
            ({"drop": True}, "only one of these"),
            ({"answer": None}, "changes nothing"),
            ({"times": 0}, "counts are positive"),
            ({"mood": "bad"}, "mood is no part"),
        ]:
            with self.subTest(parts), self.assertRaisesRegex(BadRule, reason):
                rule(**parts)


if __name__ == "__main__":
    unittest.main()
