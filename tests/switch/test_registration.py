"""Phones register: who may, who may not, and with which digest algorithm."""

import demo
import digest
from jackfield import User
from phones import Phone
from stage import SwitchTest


class Registration(SwitchTest):
    def test_a_phone_with_the_right_password_is_registered_with_md5(self):
        phone = self.phone("1002")
        phone.register(algorithm="MD5")
        self.assertTrue(self.is_registered("1002"))
        phone.unregister()
        self.assertFalse(self.is_registered("1002"))

    def test_a_phone_with_the_right_password_is_registered_with_sha_256(self):
        phone = self.phone("1003")
        phone.register(algorithm="SHA-256")
        self.assertTrue(self.is_registered("1003"))
        phone.unregister()

    def test_every_demo_user_can_register(self):
        for number in demo.USERS:
            with self.subTest(user=number):
                self.registered_phone(number)
                self.assertTrue(self.is_registered(number))

    def test_a_wrong_password_is_refused_with_md5(self):
        self.phone(demo.REFUSED_USER).register(algorithm="MD5", password="wrong", final="403")
        self.assertFalse(self.is_registered(demo.REFUSED_USER))

    def test_a_wrong_password_is_refused_with_sha_256(self):
        self.phone(demo.REFUSED_USER).register(algorithm="SHA-256", password="wrong", final="403")
        self.assertFalse(self.is_registered(demo.REFUSED_USER))

    def test_the_password_of_another_user_is_refused(self):
        self.phone(demo.REFUSED_USER).register(password=self.user("1005").password, final="403")

    def test_the_pin_of_the_mailbox_is_not_a_password(self):
        self.phone(demo.REFUSED_USER).register(password=self.user(demo.REFUSED_USER).pin, final="403")

    def test_an_unknown_user_is_refused(self):
        stranger = User(demo.UNKNOWN_USER, "any", "0000")
        Phone(self.folder, stranger).register(final="403")

    def test_the_challenge_names_the_domain_as_its_realm(self):
        offered = digest.challenges("1002")
        self.assertEqual(sorted(offered), ["MD5", "SHA-256"])
        self.assertEqual({challenge["realm"] for challenge in offered.values()}, {demo.DOMAIN})
