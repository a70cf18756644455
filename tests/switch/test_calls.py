"""Calls between phones: one to one, to a group, to the echo, and to nobody."""

import demo
from media import Audio
from processes import wait_until
from stage import SwitchTest


class Calls(SwitchTest):
    def test_a_user_calls_a_user(self):
        callee = self.registered_phone("1001")
        answered = self.begin(callee, "answer")
        self.phone("1000").play("call", target="1001", pause=1)
        answered.succeed()

    def test_the_callee_sees_the_caller_as_the_directory_names_them(self):
        callee = self.registered_phone("1001")
        answered = self.begin(callee, "answer")
        call = self.begin(self.phone("1000"), "call", target="1001", pause=2)
        legs = wait_until(lambda: [row for row in self.rows("channels") if row["direction"] == "outbound"], 5, "a leg")
        self.assertEqual(legs[0]["cid_num"], "1000")
        call.succeed()
        answered.succeed()

    def test_two_users_hear_each_other(self):
        with Audio() as near, Audio() as far:
            callee = self.registered_phone("1001", media=far.port)
            answered = self.begin(callee, "answer")
            call = self.begin(self.phone("1000", media=near.port), "call", target="1001", pause=5)
            # Each side learns the other's address from its first packet, so both get one first.
            wait_until(lambda: len(self.rows("channels")) == 2, 5, "both legs are up")
            for audio, number in ((near, "1000"), (far, "1001")):
                audio.follow(self.media_port_of(number))
            near.start_speaking()
            far.start_speaking()
            near.wait_for_sound(3)
            far.wait_for_sound(3)
            call.succeed()
            answered.succeed()

    def test_a_group_rings_all_its_members_and_the_first_answer_wins(self):
        ringing, answering = (self.registered_phone(number) for number in demo.GROUP_MEMBERS)
        cancelled = self.begin(ringing, "ring_only")
        answered = self.begin(answering, "answer", pause=0.3)
        self.phone("1002").play("call", target=demo.GROUP_NUMBER, pause=1)
        answered.succeed()
        cancelled.succeed()

    def test_the_echo_sends_the_caller_back_what_they_say(self):
        with Audio() as audio:
            call = self.begin(self.phone("1002", media=audio.port), "call", target=demo.ECHO_NUMBER, pause=3)
            wait_until(lambda: self.application_of("1002") == "echo", 5, "the echo is reached")
            audio.follow(self.media_port_of("1002"))
            audio.start_speaking()
            audio.wait_for_sound(3)
            call.succeed()

    def test_a_number_that_nobody_has_is_refused(self):
        self.phone("1002").play("call_refused", target=demo.UNKNOWN_NUMBER, final="404")

    def test_a_caller_with_a_wrong_password_gets_nowhere(self):
        caller = self.phone(demo.REFUSED_USER)
        caller.play("call_refused", target=demo.REFUSED_USER, password="wrong", final="403")
