"""The call queue: a caller waits, an agent is rung and answers."""

import demo
from processes import wait_until
from stage import SwitchTest


class Queue(SwitchTest):
    def serving_agent(self, caller):
        """The agent who talks to a caller of the queue, or nothing."""
        table = self.switch.api(f"callcenter_config queue list members {demo.QUEUE}").splitlines()
        heading = table[0].split("|")
        for line in table[1:]:
            member = dict(zip(heading, line.split("|")))
            if member.get("cid_number") == caller and member.get("state") == "Answered":
                return member["serving_agent"]
        return None

    def test_a_caller_in_the_queue_is_put_through_to_an_agent(self):
        agents = [self.registered_phone(number) for number in demo.QUEUE_AGENTS]
        answers = [self.begin(agent, "answer", seconds=40) for agent in agents]
        call = self.begin(self.phone("1002"), "call", target=self.jackfield.queue_number, pause=6, seconds=40)
        agent = wait_until(lambda: self.serving_agent("1002"), 10, "an agent talks to the caller")
        self.assertIn(agent.split("@")[0], demo.QUEUE_AGENTS)
        call.succeed()
        answers[demo.QUEUE_AGENTS.index(agent.split("@")[0])].succeed()
