"""The voice menu, and the one below it."""

import demo
from media import Audio
from processes import wait_until
from stage import SwitchTest


class Menu(SwitchTest):
    def test_a_key_in_the_menu_leads_to_the_echo(self):
        with Audio() as audio:
            caller = self.phone("1002", media=audio.port)
            call = self.begin(caller, "call", target=demo.MENU_NUMBER, pause=8, seconds=30)
            audio.wait_for_prompt(8)
            audio.press(demo.MENU_TO_ECHO)
            wait_until(lambda: self.application_of("1002") == "echo", 6, "the caller is in the echo")
            call.succeed()

    def test_a_key_in_the_menu_below_leads_to_a_conference_room(self):
        with Audio() as audio:
            caller = self.phone("1002", media=audio.port)
            call = self.begin(caller, "call", target=demo.MENU_NUMBER, pause=13, seconds=30)
            audio.wait_for_prompt(8)
            audio.press(demo.MENU_TO_SUB_MENU)
            audio.wait_for_prompt(8)
            audio.press(demo.SUB_MENU_TO_ROOM)
            wait_until(lambda: self.members_of_room(demo.ROOM) == ["1002"], 6, "the caller is in the room")
            call.succeed()
