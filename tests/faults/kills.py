"""Kills in the middle of a load of changes: after each, what is stored is compared with what was confirmed."""

import os
import random
import time

import fault
from writers import everybody


class Kills:
    """Several, of one thing, on one database."""

    def __init__(self, test, base, service):
        self.test, self.base, self.service = test, base, service
        self.writers = everybody(service)
        # Told with a failure, so that the same moments can be drawn again.
        self.seed = int(os.environ.get("FAULTS_SEED", time.time_ns() % 1_000_000))

    def go_through(self, rounds, kill, revive):
        """Let people change things, kill at any moment, revive, look; so many times."""
        moments = random.Random(self.seed)
        try:
            for at in range(rounds):
                for writer in self.writers:
                    writer.start()
                # From the middle of the first change on.
                time.sleep(moments.uniform(0.01, 0.4))
                kill()
                for writer in self.writers:
                    writer.stop()
                revive()
                self.look(f"round {at + 1}, FAULTS_SEED={self.seed}")
        finally:
            for writer in self.writers:
                writer.stop()
        self.test.assertEqual(self.base.check(), "", "the database's own check")
        changes = sum(writer.changes for writer in self.writers)
        unconfirmed = sum(len(writer.failures) for writer in self.writers)
        self.test.assertGreater(changes, rounds, "there were changes in most rounds")
        self.test.tell(
            f"{self.base.kind}: {rounds} kills, {changes} changes were confirmed, {unconfirmed} were not; "
            "none lost, none half done"
        )

    def look(self, where):
        users = self.base.users()
        for writer in self.writers:
            wrong = writer.wrong(users)
            self.test.assertEqual(wrong, [], f"{type(writer).__name__}, {where}: {writer.failures[-2:]}")
        fault.until(self.service.is_ready, 10, f"ready, {where}")
        for writer in self.writers[1:3]:
            served, stored = self.service.mark(writer.user), users[writer.user].mark
            self.test.assertEqual(served, stored, f"what {writer.user} is served with, {where}")
