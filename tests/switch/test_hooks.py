"""The hook scripts on a real switch, with a stand-in that answers them as each test says.

With a switch of its own, which asks the stand-in for nothing but who logs in.
"""

import re
import shutil
import time
from pathlib import Path

from hook_switch import ANSWERED, DOMAIN, HookSwitch
from hook_test import APPROVED, METHODS, HookTest, World, takes_away
from processes import wait_until
from stand_in import PASSWORD
from switch import HOOKS
from verto import OFFER, may

CLIENT = "0b7e1c1e-2222-4333-8444-555555555555"
LEVEL = re.compile(r"\[(\w+)\] (\S+?):\d+ (.*)$")


def setUpModule():
    HookTest.world = World()


def tearDownModule():
    HookTest.world.close()


class Approved(HookTest):
    def test_an_approved_login_is_granted_what_the_answer_says_and_can_call(self):
        self.service.answer = lambda fields: APPROVED
        client = self.logged_in("anna")
        self.until_granted(client)
        call = self.calling(client)
        self.assertEqual(self.switch.channels(), 1)
        self.assertTrue(may(client.bye(call)))
        wait_until(lambda: self.switch.channels() == 0, 5, "the call has ended")

    def test_it_is_granted_nothing_else(self):
        client = self.approved("anna")
        self.assertTrue(may(client.call("echo", heard=True)))
        for method in ("verto.subscribe", "verto.broadcast", "verto.info", "verto.attach", "jsapi", "fsapi"):
            self.assertFalse(may(client.call(method)), method)

    def test_it_is_granted_event_channels(self):
        answer = "ok\ngrant event_channels presence\ngrant methods verto.subscribe,verto.bye\n"
        self.service.answer = lambda fields: answer
        client = self.logged_in("anna")
        self.until_granted(client)
        reply = client.call("verto.subscribe", eventChannel=["presence", "conference"])
        self.assertEqual(reply["result"]["subscribedChannels"], ["presence"])
        self.assertEqual(reply["result"]["unauthorizedChannels"], ["conference"])

    def test_an_approval_that_grants_nothing_takes_nothing_either(self):
        self.service.methods = METHODS
        self.service.answer = lambda fields: "ok\n"
        client = self.logged_in("anna")
        self.until_decided()
        self.calling(client)

    def test_a_page_that_calls_at_once_is_refused_for_some_milliseconds_at_most(self):
        after_login, after_answer = [], []
        self.service.answer = lambda fields: APPROVED
        for _ in range(30):
            client = self.client()
            client.login("anna", PASSWORD, DOMAIN)
            logged_in = time.monotonic()
            self.until_granted(client)
            granted = time.monotonic()
            after_login.append(granted - logged_in)
            answered = [at for fields, at in self.service.told if fields["session_id"] == client.session]
            after_answer.append(granted - answered[0])
        for name, found in (("login", after_login), ("answer", after_answer)):
            found.sort()
            print(f"granted {found[15] * 1000:.1f} ms (at most {found[-1] * 1000:.1f}) after the {name}; ", end="")
        self.assertLess(after_login[15], 0.2)

    def test_the_same_session_from_another_address_takes_the_place_of_the_older_connection(self):
        older = self.approved("anna")
        newer = self.approved("anna", session=older.session)
        self.assertTrue(older.is_dropped(5))
        self.calling(newer)


class NotApproved(HookTest):
    def test_a_login_cannot_call_before_during_and_after_the_decision(self):
        tried = []

        def decide(fields):
            time.sleep(0.6)
            return "punt\n"

        self.service.answer = decide
        client = self.logged_in("anna")
        while not self.logins():
            tried.append(may(client.invite(ANSWERED)[1]))
        self.until_decided()
        for _ in range(20):
            tried.append(may(client.invite(ANSWERED)[1]))
        self.assertGreater(len(tried), 50)
        self.assertEqual(set(tried), {False})
        self.assertEqual(self.switch.channels(), 0)

    def test_a_login_without_a_session_id_cannot_call_whatever_the_service_says(self):
        for answer in ("punt\n", APPROVED):
            with self.subTest(answer=answer):
                self.service.answer = lambda fields: answer
                client = self.logged_in("anna", session=None)
                self.until_told()
                self.assertEqual(self.logins()[0]["session_id"], "")
                time.sleep(0.3)
                self.cannot_call(client)

    def test_a_session_id_that_is_no_plain_word_is_granted_nothing(self):
        self.service.answer = lambda fields: APPROVED
        for session in ("a b", "a' b", 'a"b', "a\nb", "a,b", "${uuid}", "x methods verto.invite", "é", "a" * 129):
            with self.subTest(session=session):
                client = self.logged_in("anna", session=session)
                self.until_told()
                self.assertEqual(self.logins()[0]["session_id"], session)
                self.service.told.clear()
                time.sleep(0.1)
                self.cannot_call(client)

    def test_who_logs_in_by_another_method_has_no_right_either(self):
        client = self.client()
        dialog = {"callID": "first", "destination_number": ANSWERED}
        reply = client.call("verto.invite", login=f"anna@{DOMAIN}", passwd=PASSWORD, sdp=OFFER, dialogParams=dialog)
        self.assertFalse(may(reply))
        self.assertIn("anna@", self.switch.api("verto status"))
        time.sleep(0.3)
        self.assertEqual(self.logins(), [], "the switch tells nobody of such a login")
        self.cannot_call(client)

    def test_what_the_look_up_gave_is_taken_away_and_the_calls_end(self):
        # About a client nobody else may have decided.
        for answer, name in (("punt\n", "anna"), ("garbage\n", CLIENT)):
            with self.subTest(answer=answer):
                self.service.methods = METHODS
                go_on = []
                self.service.answer = lambda fields: wait_until(lambda: go_on, 5, "the call is up") and answer
                client = self.logged_in(name)
                self.calling(client)
                go_on.append(True)
                wait_until(lambda: self.switch.channels() == 0, 2, "its call has ended")
                self.cannot_call(client)


class Undecided(HookTest):
    def test_a_user_about_whom_nobody_has_decided_keeps_what_the_look_up_gave(self):
        self.service.methods = METHODS
        self.service.answer = lambda fields: "garbage\n"
        client = self.logged_in("anna")
        self.until_logged(f"nobody has decided about a login that is no client's: is Jackfield at {self.service.url}")
        self.calling(client)

    def stays_out(self, client, seconds):
        self.until_logged("nobody has decided about a login")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.cannot_call(client)
            time.sleep(0.05)

    def test_while_the_service_is_down_a_login_cannot_call(self):
        self.service.answer = lambda fields: APPROVED
        client = self.client()
        # The look-up is answered, and nothing after it.
        look_up = self.service.look_up

        def last(fields):
            self.service.refuse = True
            return look_up(fields)

        self.service.look_up = last
        self.addCleanup(delattr, self.service, "look_up")
        self.addCleanup(setattr, self.service, "refuse", False)
        self.assertIn("result", client.login("anna", PASSWORD, DOMAIN))
        self.stays_out(client, 0.5)

    def test_a_service_that_says_something_else_decides_nothing(self):
        document = '<document type="freeswitch/xml"/>'
        for answer in ("", "okay\n", "\nok\n", document, "ok grant methods verto.invite\n", "a" * 100_000):
            with self.subTest(answer=answer[:20]):
                self.service.answer = lambda fields: answer
                client = self.logged_in("anna")
                self.stays_out(client, 0.1)

    def test_an_answer_that_comes_too_late_decides_nothing(self):
        def decide(fields):
            time.sleep(2.6)
            return APPROVED

        self.service.answer = decide
        client = self.logged_in("anna")
        self.stays_out(client, 1)


class Out(HookTest):
    def second_login(self, older, name, **options):
        """Logs in once more; the older session has to go for it."""
        self.service.answer = lambda fields: APPROVED + takes_away(older.session)
        return self.logged_in(name, **options)

    def test_a_second_login_puts_the_first_one_out_within_a_second(self):
        for _ in range(5):
            older = self.approved("anna")
            self.calling(older)
            begun = time.monotonic()
            newer = self.second_login(older, "anna")
            wait_until(lambda: not self.has_rights(older), 2, "the older session has no right", interval=0.001)
            right = time.monotonic() - begun
            wait_until(lambda: self.switch.channels() == 0, 2, "its call has ended", interval=0.001)
            call = time.monotonic() - begun
            print(f"rights gone after {right * 1000:.0f} ms, calls after {call * 1000:.0f} ms; ", end="")
            self.assertLess(call, 1)
            self.cannot_call(older)
            self.until_granted(newer)
            self.calling(newer)
            newer.close()
            older.close()
            self.switch.hang_up_everything()

    def test_a_second_login_that_is_not_approved_changes_nothing_for_the_first(self):
        older = self.approved("anna")
        self.calling(older)
        self.service.answer = lambda fields: "punt\n"
        newer = self.logged_in("anna")
        self.until_logged("a login was not approved")
        self.assertFalse(may(newer.invite(ANSWERED)[1]))
        self.assertEqual(self.switch.channels(), 1)
        self.assertTrue(self.has_rights(older))

    def test_calls_that_a_client_gives_another_session_end_too(self):
        names = ("jsock_uuid_str", "verto_client_address", "presence_id", "jackfield_client")
        forged = {name: "forged" for name in names}
        older = self.approved("anna", variables=forged)
        other = self.approved("berta")
        self.calling(older)
        self.calling(other)
        newer = self.second_login(older, "anna")
        self.until_granted(newer)
        wait_until(lambda: self.switch.channels() == 1, 2, "its call has ended, and nobody else's")
        self.assertTrue(self.has_rights(other))

    def test_calls_of_a_session_whose_connection_is_lost_end_too(self):
        older = self.approved("anna")
        self.calling(older)
        older.vanish()
        self.disconnect(older)
        self.assertEqual(self.switch.channels(), 1, "the switch keeps the call for a while")
        self.second_login(older, "anna")
        wait_until(lambda: self.switch.channels() == 0, 2, "the call has ended")

    def test_a_connection_that_logs_in_as_somebody_else_loses_what_it_was_given(self):
        client = self.approved("anna")
        own, client.session = client.session, "another"
        self.service.answer = lambda fields: "punt\n"
        client.login("berta", PASSWORD, DOMAIN)
        begun = time.monotonic()
        client.session = own
        wait_until(lambda: not self.has_rights(client), 2, "the right is gone", interval=0.001)
        print(f"rights gone after {(time.monotonic() - begun) * 1000:.0f} ms ", end="")
        self.cannot_call(client)

    def test_a_switch_that_has_verto_punt_is_told_whom_to_punt(self):
        scripts = self.switch.folder / "scripts"
        shutil.copy(scripts / "login.lua", scripts / "login_of_jackfield.lua")
        self.addCleanup(shutil.copy, HOOKS / "login.lua", scripts / "login.lua")
        shutil.copy(Path(__file__).with_name("with_punt.lua"), scripts / "login.lua")
        punted = lambda: (scripts / "punted").read_text().split() if (scripts / "punted").exists() else []
        refused = self.logged_in("anna")
        wait_until(lambda: punted() == [refused.session], 2, "the refused login is punted")
        older = self.approved("anna")
        self.second_login(older, "anna")
        wait_until(lambda: punted() == [refused.session, older.session], 2, "the older session is punted")


class Told(HookTest):
    def test_logins_are_told_one_after_the_other(self):
        under_way, most = [], []

        def decide(fields):
            under_way.append(fields)
            most.append(len(under_way))
            time.sleep(0.1)
            under_way.pop()
            return "ok\n"

        self.service.answer = decide
        names = ["anna", "berta", "carla", "dora"]
        for name in names:
            self.logged_in(name)
        wait_until(lambda: len(self.logins()) == len(names), 5, "all are told")
        self.assertEqual(max(most), 1)
        self.assertEqual([post["client_id"] for post in self.logins()], [f"{name}@{DOMAIN}" for name in names])

    def test_a_login_and_its_disconnect_tell_the_same_address_profile_and_switch(self):
        client = self.approved("anna")
        client.close()
        gone = self.disconnect(client)
        (login,) = self.logins()
        same = {
            "hostname": HookSwitch.name,
            "client_id": f"anna@{DOMAIN}",
            "client_address": client.address,
            "profile": "clients",
        }
        self.assertEqual(login, {**same, "action": "verto_client_login", "session_id": client.session})
        self.assertEqual(gone, {**same, "action": "verto_client_disconnect", "session_id": "nil"})

    def test_the_name_of_the_switch_is_the_one_that_look_ups_come_with(self):
        self.approved("anna")
        self.assertEqual({fields["hostname"] for fields in self.service.asked}, {HookSwitch.name})

    def test_a_client_that_goes_before_it_logs_in_is_told_as_nil(self):
        client = self.client()
        client.close()
        gone = self.disconnect(client)
        self.assertEqual(gone["client_id"], "nil")

    def test_a_refused_password_is_told_to_nobody(self):
        client = self.client()
        self.assertIn("error", client.login("anna", "wrong", DOMAIN))
        time.sleep(0.3)
        self.assertEqual(self.service.told, [])

    def test_no_line_of_the_hooks_holds_a_session_id_and_at_level_info_no_line_at_all(self):
        older = self.approved("anna")
        self.calling(older)
        self.service.answer = lambda fields: APPROVED + takes_away(older.session) + takes_away(f"gone-{older.session}")
        newer = self.logged_in("anna")
        self.service.answer = lambda fields: "punt\n"
        refused = self.logged_in("berta")
        self.service.answer = lambda fields: f"nonsense {refused.session}\n"
        undecided = self.logged_in("carla")
        self.until_logged("nobody has decided")
        for client in (older, newer, refused, undecided):
            lines = [line for line in self.log().splitlines() if client.session in line]
            said = {match.groups()[:2] for match in map(LEVEL.search, lines) if match}
            self.assertLessEqual(said, {("DEBUG", "mod_curl.c"), ("DEBUG", "mod_verto.c")})
