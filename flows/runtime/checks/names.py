"""What journeys name: journeys, routers, lists, fields, events, mails, activities; each must be there."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from rapidfuzz.distance import OSA
from sqlalchemy import BindParameter, Column, ColumnElement
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.visitors import iterate

from flows.runtime.checks.finding import Severity
from flows.runtime.checks.rule import Checked, Found
from flows.runtime.contract.ask import Ask, HandOver
from flows.runtime.contract.errors import UnknownJourney
from flows.runtime.definitions.activity import load_activity
from flows.runtime.definitions.definition import Reentry
from flows.runtime.maps.journey_map import JourneyMap, MapState
from flows.runtime.verbs.call import CallStep
from flows.runtime.verbs.check import CheckStep
from flows.runtime.verbs.start import StartStep
from flows.runtime.verbs.task import TaskStep
from flows.runtime.verbs.wait import WaitForStep, WaitUntilFieldStep
from models.leads.incoming_event import RESERVED_NAMES
from models.mail.rendering.preview import mail_templates
from models.tables.contact import Stage
from models.tasks.form import unknown_fields
from models.titles.events import TITLES
from models.wording import did_you_mean

OTHER_EVENTS = frozenset(
    {
        *("call_received", "cancel_requested", "email_bounced", "email_opened", "spam_reported", "support_requested"),
        "auto_replied",
    }
)
ONLY_TITLES = frozenset({"mail_bounced", "mail_clicked", "mail_delivered", "mail_opened"})
"""What stands on timelines and is no event."""
ABOUT_MAILS = frozenset({"link_clicked", "email_opened", "email_bounced"})
"""Events whose topic is a mail, `journey/template`."""
MOST_SLIPS = 2
"""A name that is no further from a known one, in letters, is taken for a misspelling of it."""
SHORTEST = 6
"""Names that are shorter are too near to each other for that."""


def steps(found: JourneyMap) -> Iterator[tuple[MapState, Ask]]:
    """Each state that is a step, and the step."""
    for state in found.states:
        if state.ask is not None:
            yield state, state.ask


def find_unknown_journeys(checked: Checked) -> Iterator[Found]:
    """Hand-overs and starts of journeys that nobody has written."""
    known = sorted(checked.definitions)
    for name, found in checked.maps.items():
        for state, ask in steps(found):
            if isinstance(ask, StartStep) and ask.journey not in checked.definitions:
                yield Found.in_state(f"{state.node.title}: {UnknownJourney(ask.journey, known)}", name, state)
        for ending, state in _hand_overs(found):
            if ending.journey not in checked.definitions:
                yield Found(
                    f"hands over to {ending.journey}, which is no journey.{did_you_mean(ending.journey, known)} There "
                    f"are: {', '.join(known)}.",
                    name,
                    path=state.path,
                )


def find_hand_overs_to_taken_once(checked: Checked) -> Iterator[Found]:
    """Hand-overs to what a contact takes only once."""
    for name, found in checked.maps.items():
        for ending, state in _hand_overs(found):
            target = checked.definitions.get(ending.journey)
            if target is not None and target.reentry is Reentry.NEVER:
                yield Found(
                    f"hands over to {ending.journey}, which a contact takes only once, so whoever has taken it would "
                    "be on no journey. Let it be taken again (reentry='after_end'), or end otherwise.",
                    name,
                    path=state.path,
                )


def _hand_overs(found: JourneyMap) -> Iterator[tuple[HandOver, MapState]]:
    for ending in found.endings:
        if isinstance(ending, HandOver):
            yield ending, next(state for state in found.states if state.ask is None and state.node.name == ending)


def unknown_to_playbook(*verbs: str) -> Callable[[Checked], Iterator[Found]]:
    """A rule about what the steps of these verbs name in the playbook."""

    def find(checked: Checked) -> Iterator[Found]:
        for name, found in checked.maps.items() if checked.playbook is not None else ():
            for state, ask in steps(found):
                if state.node.verb in verbs and checked.playbook is not None:
                    reason = ask.playbook_problem(checked.playbook)
                    if isinstance(ask, TaskStep):
                        reason = unknown_fields(ask.defined(checked.kinds).form or (), checked.playbook)
                    if reason:
                        yield Found.in_state(f"{state.node.title}: {reason}", name, state)

    return find


def find_unknown_events(checked: Checked) -> Iterator[Found]:
    """Patterns of events whose name is a misspelling of one that is told. Other systems may tell any other."""
    known = {*TITLES, *RESERVED_NAMES, *OTHER_EVENTS} - ONLY_TITLES
    for pattern, where in _patterns(checked):
        name = pattern.partition(":")[0]
        meant = _misspelled(name, known)
        if meant is not None:
            yield where(f"nothing tells of '{name}'. Did you mean '{meant}'?", None)


def find_unknown_topics(checked: Checked) -> Iterator[Found]:
    """What stands behind the colon of a pattern: mails, products, stages and forms that are not there."""
    mails = [mail.name for mail in mail_templates(checked.templates)] if checked.looks_at_mails else []
    products = [product.code for product in checked.playbook.products] if checked.playbook is not None else []
    for pattern, where in _patterns(checked):
        name, _, topic = pattern.partition(":")
        if topic and name in ABOUT_MAILS and mails and topic not in mails:
            yield where(f"'{pattern}' names the mail {topic}, which is not there.{did_you_mean(topic, mails)}", None)
        elif topic and name == "stage_reached" and topic not in list(Stage):
            yield where(f"'{pattern}' names a stage that is not there. There are: {', '.join(Stage)}.", None)
        elif topic and name.startswith("order_") and (meant := _misspelled(topic, products)):
            yield where(f"'{pattern}' names no product of the playbook. Did you mean '{meant}'?", None)
        elif name == "form_submitted" and (meant := _misspelled(topic, _other_forms(checked, topic))):
            yield where(f"no other place names the form '{topic}'. Did you mean '{meant}'?", Severity.WARNING)


def _patterns(checked: Checked) -> Iterator[tuple[str, Callable[[str, Severity | None], Found]]]:
    """Each pattern of events, and what makes a finding of a sentence about it."""
    for name, definition in checked.definitions.items():
        for pattern in (*definition.starts_on, *(definition.ends_on or {}), *definition.fallback_trigger):
            yield pattern, _at_start(name)
    for name, found in checked.maps.items():
        for state, ask in steps(found):
            for pattern in ask.events if isinstance(ask, WaitForStep | WaitUntilFieldStep) else ():
                yield pattern, _at_step(name, state)


def _at_start(journey: str) -> Callable[[str, Severity | None], Found]:
    return lambda message, severity: Found(message, journey, severity=severity)


def _at_step(journey: str, state: MapState) -> Callable[[str, Severity | None], Found]:
    return lambda message, severity: Found(
        f"{state.node.title}: {message}", journey, state.made_at, state.path, severity
    )


def _misspelled(name: str, known: Iterable[str]) -> str | None:
    """The known name that is meant by one that is nearly it; None for a known name, or for another one."""
    names = list(known)
    if name in names or len(name) < SHORTEST:
        return None
    near = [one for one in names if len(one) >= SHORTEST and OSA.distance(name, one) <= MOST_SLIPS]
    # `webinar-1` and `webinar-2` are two names.
    near = [one for one in near if _digits(one) == _digits(name)]
    return min(near, key=lambda one: OSA.distance(name, one), default=None)


def _digits(name: str) -> str:
    return "".join(letter for letter in name if letter.isdigit())


def _other_forms(checked: Checked, form: str) -> Sequence[str]:
    """The forms that other patterns name, if this one is named once only: else it is a name of its own."""
    named = [pattern.partition(":")[2] for pattern, _ in _patterns(checked) if pattern.startswith("form_submitted:")]
    if checked.playbook is not None:
        told = [pattern for rule in checked.playbook.scoring.rules for pattern in rule.on]
        told += [pattern for stage in checked.playbook.stages.values() for pattern in stage.on]
        told += [*checked.playbook.routing.on, *checked.playbook.service_levels.on]
        named += [pattern.partition(":")[2] for pattern in told if pattern.startswith("form_submitted:")]
    return [] if named.count(form) > 1 else [one for one in named if one != form]


# Conditions


def find_unknown_in_conditions(checked: Checked) -> Iterator[Found]:
    """Custom fields, mails and journeys that the condition of a check names and that are not there."""
    mails = [mail.name for mail in mail_templates(checked.templates)] if checked.looks_at_mails else []
    fields = sorted(checked.playbook.fields) if checked.playbook is not None else []
    known = {"custom": fields, "template": mails, "journey": sorted(checked.definitions)}
    what = {"custom": "contacts have no field", "template": "there is no mail", "journey": "there is no journey"}
    for name, found in checked.maps.items():
        for state, ask in steps(found):
            for column, value in _named_in(ask.condition) if isinstance(ask, CheckStep) else ():
                if known[column] and value not in known[column]:
                    meant = did_you_mean(value, known[column])
                    message = f"{state.node.title}: {what[column]} '{value}', so it never holds.{meant}"
                    yield Found.in_state(message, name, state)


def _named_in(condition: ColumnElement[Any]) -> Iterator[tuple[str, str]]:
    """`custom`, `template` or `journey`, and what the condition names of it."""
    for part in iterate(condition):
        if isinstance(part, BinaryExpression) and isinstance(part.left, Column):
            column = part.left.name
            right = part.right
            if column in ("custom", "template", "journey") and isinstance(right, BindParameter):
                values = right.value if isinstance(right.value, list | tuple) else [right.value]
                yield from ((column, value) for value in values if isinstance(value, str))


# Activities


def find_wrong_calls(checked: Checked) -> Iterator[Found]:
    """Activities that no worker can find, or that are called with other arguments than they take."""
    for name, found in checked.maps.items():
        for state, ask in steps(found):
            if isinstance(ask, CallStep) and (reason := _wrong_call(ask)):
                yield Found.in_state(f"{state.node.title}: {reason}", name, state)


def _wrong_call(ask: CallStep) -> str | None:
    if "<locals>" in ask.function:
        return "the activity stands inside a function, where no worker finds it. Put it at the top of a module."
    try:
        inspect.signature(load_activity(ask.function)).bind(*ask.arguments)
    except (ImportError, AttributeError):
        return f"no worker finds the activity {ask.function}. Put it at the top of a module."
    except TypeError as error:
        return f"the activity does not take these arguments: {error}."
    return None
