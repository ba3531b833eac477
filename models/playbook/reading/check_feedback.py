"""What must agree in the section feedback: each fault with the place that it is at."""

from collections.abc import Iterator

from models.conditions.parse import BadCondition, parse_condition
from models.playbook.document import Playbook
from models.playbook.reading.fault import Checks, Fault, duplicates


def _answers_are_unique(playbook: Playbook) -> Iterator[Fault]:
    if playbook.feedback is None:
        return
    for part in ("contacted", "statuses", "lost"):
        yield from duplicates(("feedback", part), "answer", [one.answer for one in getattr(playbook.feedback, part)])


def _each_section_can_be_answered(playbook: Playbook) -> Iterator[Fault]:
    terms = playbook.feedback
    if terms is None:
        return
    for part in ("statuses", "lost"):
        if not getattr(terms, part):
            yield Fault(("feedback", part), "nothing could be answered: give at least one answer")
    if not any(one.action for one in terms.contacted):
        yield Fault(("feedback", "contacted"), "none of these is an action, so level 1 could not be reached")


def _cycles_can_be_read(playbook: Playbook) -> Iterator[Fault]:
    terms = playbook.feedback
    teams = {team.name for team in playbook.teams}
    for i, cycle in enumerate(terms.cycles if terms else ()):
        place = ("feedback", "cycles", i)
        if cycle.when is None and not cycle.teams and cycle.partners is None:
            yield Fault(place, "this cycle is for all leads: say when, teams or partners, or set it one level up")
        for j, team in enumerate(cycle.teams):
            if team not in teams:
                yield Fault((*place, "teams", j), f"{team} is no team: take one of {', '.join(sorted(teams))}")
        if cycle.when is not None:
            try:
                parse_condition(cycle.when, playbook.fields)
            except BadCondition as error:
                yield Fault((*place, "when"), str(error))


def _silence_is_noticed_in_order(playbook: Playbook) -> Iterator[Fault]:
    terms = playbook.feedback
    if terms is None:
        return
    late = [*terms.remind_after, *([terms.notify_manager_after] if terms.notify_manager_after else [])]
    if late and max(late) >= terms.give_up_after:
        sentence = (
            "a request is given up before this: let give_up_after be longer than reminders and notify_manager_after"
        )
        yield Fault(("feedback", "give_up_after"), sentence)


FEEDBACK_CHECKS: Checks = (
    (_answers_are_unique, {"feedback"}),
    (_each_section_can_be_answered, {"feedback"}),
    (_cycles_can_be_read, {"feedback", "fields", "teams"}),
    (_silence_is_noticed_in_order, {"feedback"}),
)
