"""What must agree in the channels of chat: each fault with the place that it is at."""

from collections.abc import Iterator

from models.playbook.document import Playbook
from models.playbook.reading.fault import Checks, Fault


def _channels_are_for_somebody(playbook: Playbook) -> Iterator[Fault]:
    known = {rep.email for _, rep in playbook.reps()} | {team.name for team in playbook.teams}
    for name, channel in playbook.chat.items():
        for i, whose in enumerate(channel.to):
            if whose not in known:
                sentence = f"{whose} is neither the email of a rep nor a team: take one of {', '.join(sorted(known))}"
                yield Fault(("chat", name, "to", i), sentence)


CHAT_CHECKS: Checks = ((_channels_are_for_somebody, {"chat", "teams"}),)
"""Checks of the channels of chat, in the form of check.CHECKS."""
