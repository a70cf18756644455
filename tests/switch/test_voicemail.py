"""Mailboxes: a message is left, and only the right PIN opens it."""

import hashlib
import re

import demo
from media import Audio
from processes import wait_until
from stage import SwitchTest


class Voicemail(SwitchTest):
    def new_messages(self, number):
        counts = self.switch.api(f"vm_boxcount {number}@{demo.DOMAIN}|all")
        return int(counts.split(":")[0])

    def leave_message(self, number):
        """1000 calls somebody who has no phone, hears the prompts, and speaks after the tone."""
        with Audio() as audio:
            call = self.begin(self.phone("1000", media=audio.port), "call", target=number, pause=9, seconds=30)
            audio.wait_for_prompt(8)
            audio.speak(2.5)
            audio.press("#")
            call.succeed()
        wait_until(lambda: self.new_messages(number) == 1, 5, "the message is in the mailbox")

    def test_a_caller_leaves_a_message_for_a_user_who_has_no_phone(self):
        self.assertEqual(self.new_messages("1006"), 0)
        self.leave_message("1006")

    def test_the_right_pin_opens_the_mailbox_and_the_message_is_played(self):
        self.leave_message("1007")
        with Audio() as audio:
            owner = self.phone("1007", media=audio.port)
            call = self.begin(owner, "call_until_hung_up", target=demo.VOICEMAIL_NUMBER, seconds=45)
            audio.wait_for_prompt(8)
            audio.press(self.user("1007").pin + "#")
            # The menu is a short tone; the message lasts two seconds and more.
            audio.wait_for_prompt(8)
            audio.press("1")
            audio.wait_for_sound(10, frames=80)
            audio.wait_for_prompt(10)
            audio.press(demo.VOICEMAIL_DELETE)
            audio.wait_for_prompt(10)
            self.assertEqual(self.new_messages("1007"), 0)
            self.switch.hang_up_everything()
            call.succeed()

    def test_a_wrong_pin_does_not_open_the_mailbox(self):
        self.leave_message("1008")
        wrong = "".join(str((int(digit) + 1) % 10) for digit in self.user("1008").pin)
        with Audio() as audio:
            owner = self.phone("1008", media=audio.port)
            call = self.begin(owner, "call_until_hung_up", target=demo.VOICEMAIL_NUMBER, seconds=60)
            while call.running():
                try:
                    audio.wait_for_prompt(8)
                    audio.press(wrong + "#")
                except AssertionError:
                    break  # the switch has said goodbye
            call.succeed()
        self.assertEqual(self.new_messages("1008"), 1)

    def mailbox_hash(self, number):
        """What the service answers now for the mailbox's PIN."""
        base = f"hostname=test&section=directory&tag_name=domain&key_name=name&key_value={demo.DOMAIN}"
        asked = f"&Event-Name=GENERAL&action=voicemail-lookup&key=id&user={number}&domain={demo.DOMAIN}"
        return re.search(r'name="vm-a1-hash" value="([0-9a-f]{32})"', self.jackfield.ask(base + asked))[1]

    def test_the_owner_changes_the_pin_by_phone_and_no_log_of_the_service_tells_it(self):
        number, old, new = "1009", self.user("1009").pin, "8461937052"
        hash_of = lambda pin: hashlib.md5(f"{number}:{demo.DOMAIN}:{pin}".encode()).hexdigest()
        self.assertEqual(self.mailbox_hash(number), hash_of(old))
        with Audio() as audio:
            owner = self.phone(number, media=audio.port)
            call = self.begin(owner, "call_until_hung_up", target=demo.VOICEMAIL_NUMBER, seconds=60)
            # The PIN, the options, another PIN: none at all is refused and asked for again.
            for keys in [old + "#", demo.VOICEMAIL_OPTIONS, demo.VOICEMAIL_PIN, "#"]:
                audio.wait_for_prompt(8)
                audio.press(keys)
            audio.wait_for_prompt(8)
            self.assertEqual(self.mailbox_hash(number), hash_of(old))
            audio.press(new + "#")
            wait_until(lambda: self.mailbox_hash(number) == hash_of(new), 8, "the service has the new PIN")
            audio.wait_for_prompt(8)
            self.switch.hang_up_everything()
            call.succeed()
        self.assertNotIn(new, self.jackfield.log())
