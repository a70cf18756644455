"""kill -9 of the service, or of commands, in the middle of a load of changes, on either database."""

import fault
from fault import FaultTest
from kills import Kills


class KillService(FaultTest):
    def test_what_was_confirmed_is_there_after_the_service_is_killed(self):
        self.on_each(self.kill_service)

    def kill_service(self, base):
        service = self.serve(base.url, base.kind)
        Kills(self, base, service).go_through(4 if fault.short else 50, service.kill, service.start)

    def test_what_was_confirmed_is_there_after_commands_are_killed(self):
        self.on_each(self.kill_commands)

    def kill_commands(self, base):
        kills = Kills(self, base, self.serve(base.url, base.kind))

        def kill():
            for writer in kills.writers:
                writer.kill_command()

        kills.go_through(4 if fault.short else 50, kill, lambda: None)
