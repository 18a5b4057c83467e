import unittest

from lab_world.licence import verdict


def asked(key):
    return verdict({"key": [key], "orders_count": ["0"]})["status"]


class LicenceTest(unittest.TestCase):
    def test_takes_synthetic_codes(self):
        self.assertEqual(asked("TEST-0000-0000-0000"), "success")

    def test_refuses_a_code_that_says_so_and_any_real_one(self):
        self.assertEqual(asked("TEST-0000-ERROR-0001"), "error")
        self.assertEqual(asked("11111111-2222-3333-4444-555555555555"), "error")

    def test_refuses_a_question_that_is_not_whole(self):
        self.assertEqual(verdict({"key": ["TEST-0000-0000-0000"]})["status"], "error")


if __name__ == "__main__":
    unittest.main()
