"""SIP MESSAGE: the chatplan delivers it."""

import demo
from stage import SwitchTest


class Message(SwitchTest):
    def test_a_text_message_reaches_the_other_phone(self):
        receiver = self.registered_phone("1001")
        received = self.begin(receiver, "message_received")
        self.phone("1000").play("message", target="1001")
        received.succeed()

    def test_a_text_message_with_a_wrong_password_is_refused(self):
        sender = self.phone(demo.REFUSED_USER)
        sender.play("message_refused", target=demo.REFUSED_USER, password="wrong")
