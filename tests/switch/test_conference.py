"""Conference rooms."""

import demo
from processes import wait_until
from stage import SwitchTest


class Conference(SwitchTest):
    def test_two_callers_meet_in_a_room(self):
        calls = [self.begin(self.phone(number), "call", target=demo.ROOM, pause=4) for number in ("1000", "1001")]
        wait_until(lambda: self.members_of_room(demo.ROOM) == ["1000", "1001"], 5, "both callers are in the room")
        for call in calls:
            call.succeed()
        wait_until(lambda: self.members_of_room(demo.ROOM) == [], 5, "the room is empty")

    def test_each_room_is_a_room_of_its_own(self):
        first, second = demo.ROOM, str(int(demo.ROOM) + 9)
        calls = [
            self.begin(self.phone("1000"), "call", target=first, pause=4),
            self.begin(self.phone("1001"), "call", target=second, pause=4),
        ]
        wait_until(lambda: self.members_of_room(first) == ["1000"], 5, "one caller in the first room")
        wait_until(lambda: self.members_of_room(second) == ["1001"], 5, "the other one in the last room")
        for call in calls:
            call.succeed()
