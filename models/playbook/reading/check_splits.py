"""What must be right about split tests before a playbook is used: goals, lifts and guardrails that mean something."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from models.playbook.document import Playbook
from models.playbook.mail import SplitTestEntry
from models.playbook.reading.fault import Checks, Fault
from models.playbook.scoring import write_percent

SMALLEST_LIFT, LARGEST_LIFT = Decimal("0.001"), Decimal("0.5")
SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=366)
NOT_EVENTS = ("email_delivered",)
"""What is counted and is no event of the contact."""


def _lifts_are_in_range(playbook: Playbook) -> Iterator[Fault]:
    for name, entry in playbook.split_tests.items():
        if entry.lift is not None and not SMALLEST_LIFT <= entry.lift <= LARGEST_LIFT:
            sentence = f"{write_percent(entry.lift)} was found, 0.1% to 50% of all contacts were expected"
            yield Fault(("split_tests", name, "lift"), f"{sentence}: say which difference in rates is worth finding")


def _time_is_enough(playbook: Playbook) -> Iterator[Fault]:
    for name, entry in playbook.split_tests.items():
        if not SHORTEST <= entry.within <= LONGEST:
            sentence = "an hour to a year was expected: contacts are compared once this time is over"
            yield Fault(("split_tests", name, "within"), sentence)


def _goals_are_events(playbook: Playbook) -> Iterator[Fault]:
    for name, entry in playbook.split_tests.items():
        for place, event in _events(entry):
            if event.partition(":")[0] in NOT_EVENTS:
                sentence = f"{event} is no event: take what a contact does, such as replied, link_clicked, order_placed"
                yield Fault(("split_tests", name, *place), sentence)


def _guardrails_are_no_goals(playbook: Playbook) -> Iterator[Fault]:
    for name, entry in playbook.split_tests.items():
        for i, event in enumerate(entry.guardrails):
            place = ("split_tests", name, "guardrails", i)
            if event == entry.goal:
                yield Fault(place, f"{event} is the goal as well, and cannot be good and bad: take it out of one")
            if event in entry.guardrails[:i]:
                yield Fault(place, f"{event} stands here a second time: name it once")


def _events(entry: SplitTestEntry) -> Iterator[tuple[tuple[str | int, ...], str]]:
    yield ("goal",), entry.goal
    yield from ((("guardrails", i), event) for i, event in enumerate(entry.guardrails))


SPLIT_CHECKS: Checks = (
    (_lifts_are_in_range, {"split_tests"}),
    (_time_is_enough, {"split_tests"}),
    (_goals_are_events, {"split_tests"}),
    (_guardrails_are_no_goals, {"split_tests"}),
)
"""Checks of split tests, in the form of check.CHECKS."""
