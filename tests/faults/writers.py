"""People who change things while something breaks, and who remember what was confirmed to them.

Each has users of its own and one change under way at a time, so that what has to be stored is known: everything that
was confirmed, and of what was not, all or nothing.
"""

import threading
import time

from lookups import name
from service import pin_hash

ROWS = 4  # of a CSV file
UNCONFIRMED_PAUSE = 0.02  # seconds


class Writer:
    """Makes one change after the other, by number, from `start` to `stop`."""

    def __init__(self, service):
        self.service = service
        self.tried = 0
        self.confirmed = 0  # the last one
        self.changes = 0  # how many were confirmed
        self.failures = []  # what was said, and after how long
        self._stopping = threading.Event()
        self._thread = None
        self._process = None

    def start(self):
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        """Stop after the change that is under way."""
        self._stopping.set()
        if self._thread:
            self._thread.join(90)
            assert not self._thread.is_alive(), "a change has no end"

    def _run(self):
        while not self._stopping.is_set():
            self.tried += 1
            began = time.monotonic()
            done, said = self.change(self.tried)
            if done:
                self.confirmed = self.tried
                self.changes += 1
                self.note()
            else:
                self.failures.append((said, time.monotonic() - began))
                self._stopping.wait(UNCONFIRMED_PAUSE)

    def note(self):
        """Something was confirmed."""

    def command(self, *words, given=""):
        return self.service.command(*words, given=given, begun=self._began)

    def _began(self, process):
        self._process = process

    def kill_command(self):
        """`kill -9` of the command that runs, if one does."""
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()

    def slowest_failure(self):
        return max((took for _, took in self.failures), default=0.0)

    def judge(self, number):
        """What is wrong with this one being stored, if anything. What has been seen stays."""
        if self.confirmed <= number <= self.tried:
            self.confirmed = number
            return []
        return [f"{number} is stored, {self.confirmed} was confirmed, {self.tried} tried"]


class Adding(Writer):
    """New users from one CSV file after the other, all rows of which are there or none."""

    def __init__(self, service):
        super().__init__(service)
        self._all_confirmed = []

    def change(self, number):
        rows = "".join(f"added{number}x{row},{number}\n" for row in range(ROWS))
        return self.command("user", "add", "--from", "-", given=f"id,variable:mark\n{rows}")

    def note(self):
        self._all_confirmed.append(self.tried)

    def wrong(self, users):
        """What is missing or half done."""
        rows = {}
        for user, stored in users.items():
            if user.startswith("added"):
                rows.setdefault(int(user[len("added") :].split("x")[0]), []).append(stored.mark)
        lost = [number for number in self._all_confirmed if number not in rows]
        half = [number for number, marks in rows.items() if marks != [number] * ROWS]
        more = [number for number in rows if number > self.tried]
        return [f"{word} {numbers}" for word, numbers in (("lost", lost), ("half", half), ("made up", more)) if numbers]


class Setting(Writer):
    """A variable of one user, counted up."""

    def __init__(self, service, user=0):
        super().__init__(service)
        self.user = name(user)

    def change(self, number):
        return self.command("user", "set", self.user, "--variable", f"mark={number}")

    def wrong(self, users):
        # Before its first change there is none.
        return self.judge(users[self.user].mark or 0)


class SettingMany(Setting):
    """A variable of several users from a CSV file: the same number with all of them."""

    def __init__(self, service, first=10):
        super().__init__(service, first)
        self._users = [name(first + row) for row in range(ROWS)]

    def change(self, number):
        rows = "".join(f"{user},{number}\n" for user in self._users)
        return self.command("user", "set", "--from", "-", given=f"id,variable:mark\n{rows}")

    def wrong(self, users):
        marks = {users[user].mark for user in self._users}
        return super().wrong(users) if len(marks) == 1 else [f"half: {marks}"]


class Phoning(Writer):
    """A mailbox's owner who changes the PIN at the phone."""

    def __init__(self, service, user=20):
        super().__init__(service)
        self.user = name(user)

    def change(self, number):
        try:
            return self.service.change_pin(self.user, number), "the caller heard that it failed"
        except OSError as error:
            return False, str(error)

    def wrong(self, users):
        # Before its first change it is the one that it was filled with.
        pins = {pin_hash(self.user, number or "pin"): number for number in range(self.confirmed, self.tried + 1)}
        found = pins.get(users[self.user].pin)
        return self.judge(-1 if found is None else found)


def everybody(service):
    """One writer of each kind."""
    return [kind(service) for kind in (Adding, Setting, SettingMany, Phoning)]
