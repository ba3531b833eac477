"""Steps performed in memory, one function per verb. What a verb decides without a database it decides here, too."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NoReturn, cast

from sqlalchemy import Connection

from flows.runtime.contract.ask import Answered, Ask, Asked, Paused, StepResult, Stuck, Turn
from flows.runtime.contract.errors import ActivityFailed, NoOwner
from flows.runtime.verbs.add_points import AddPointsStep
from flows.runtime.verbs.call import CallStep
from flows.runtime.verbs.check import CheckStep
from flows.runtime.verbs.feedback import FeedbackStep
from flows.runtime.verbs.fulfil import FulfilStep
from flows.runtime.verbs.note import NoteStep
from flows.runtime.verbs.offer import OfferStep
from flows.runtime.verbs.requested_task import RequestedTaskStep, requested_step
from flows.runtime.verbs.route import RouteStep
from flows.runtime.verbs.send import EmailEligibility, SendStep, blocked_answer
from flows.runtime.verbs.set import SetStep
from flows.runtime.verbs.split import SplitStep
from flows.runtime.verbs.start import StartStep
from flows.runtime.verbs.task import TaskStep
from flows.runtime.verbs.wait import WaitForStep, WaitStep, WaitUntilFieldStep, pause_until_date
from flows.testing.answers import NOT_GIVEN
from flows.testing.conditions import NotKnownHere
from flows.testing.effects import set_column
from flows.testing.open_run import OpenRun
from flows.testing.suggestion import one_of
from flows.testing.trip import MAIL, TASK, MailQueued
from flows.testing.world import World
from models import MessageKind
from models.feedback.outcomes import OUTCOMES
from models.geo.time_zone import LocationHints
from models.playbook.mail import Mail
from models.tables.message import MessageState

A_SALESPERSON = "a salesperson"


class AnswerNeeded(ValueError):
    """A step whose answer depends on what the kit does not know; the sentence says how to give it."""

    def __init__(self, step: Ask, why: str, example: object) -> None:
        super().__init__(f"{step.title}: {why}. Give its answer: answers={{{step.name!r}: {example!r}}}.")


class NoDatabase:
    """Stands where the runtime has a connection: whatever asks it has no business here."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"a step that the kit performs by the runtime's own code asks the database for {name}")


def perform(world: World, run: OpenRun, step: Ask) -> StepResult:
    """What a step gives on this trip. Raises AnswerNeeded."""
    try:
        performer = PERFORMERS[type(step)]
    except KeyError:
        raise NotImplementedError(
            f"The kit does not know the verb {step.verb} yet. Give it a line in flows/testing/steps.py."
        ) from None
    return performer(world, run, step)


def _by_the_runtime(world: World, run: OpenRun, step: Ask) -> StepResult:
    """A verb that needs the time and the names of journeys only."""
    turn = Turn(cast(Connection, NoDatabase()), run.name, world.around.definitions.keys(), world.now)
    result = type(step).execute(turn, [Asked(run.id, next(world.numbers), 0, step)])[0]
    for start in turn.new_runs:
        world.note(f"starts {start.journey}")
        world.starts.append((start.journey, start.key))
    return result


def _wait_until_field(world: World, _: OpenRun, step: Ask) -> StepResult:
    assert isinstance(step, WaitUntilFieldStep)
    contact = world.contact
    number = contact["phone"] or contact["mobile_phone"]
    where = LocationHints(
        contact["time_zone"],
        contact["latitude"],
        contact["longitude"],
        contact["postal_code"],
        number,
        contact["state"],
        contact["city"],
        contact["country"],
    )
    return pause_until_date(step, contact["custom"], where, world.playbook, world.now)


def _send(world: World, run: OpenRun, step: Ask) -> StepResult:
    assert isinstance(step, SendStep)
    contact = world.contact
    eligible = EmailEligibility(contact["email"] is not None, contact["suppressed"], tuple(world.opted_out))
    mail = world.playbook.mail if world.opted_out else Mail()
    blocked = blocked_answer(run.name, step, eligible, mail)
    if blocked is not None:
        reason = (blocked.fact or {}).get("reason", "no address")
        world.note(f"no mail {run.name}/{step.template}: {reason}")
        return blocked
    template = _template(world, run, step)
    world.note(f"{MAIL}{run.name}/{template}")
    world.sent.append(MailQueued(world.now, f"{run.name}/{template}", step.kind is MessageKind.MARKETING))
    world.add_row("message", template=f"{run.name}/{template}", state=MessageState.QUEUED)
    return Answered("queued")


def _template(world: World, run: OpenRun, step: SendStep) -> str:
    """The one that is said to be drawn, else the first: {"offer_sequence/offer template": "offer_short"}."""
    if step.split is None or step.split.template_test is None:
        return step.template
    test = step.split.template_test
    given = world.answer(run, SplitStep(test.test, test))
    return next(iter(test.weights)) if given is NOT_GIVEN else one_of(f"variant of '{test.test}'", given, test.weights)


def _split(world: World, run: OpenRun, step: Ask) -> StepResult:
    """The variant that is said to be drawn; else the first, and of a holdout to be on the journey."""
    assert isinstance(step, SplitStep)
    weights = step.variants.weights
    given = world.answer(run, step)
    if given is NOT_GIVEN:
        given = list(weights)[-1] if step.variants.is_holdout else next(iter(weights))
    if not step.variants.is_holdout:
        world.note(f"split {step.name}: {given}")
    return Answered(one_of(f"variant of '{step.name}'", given, weights))


def _check(world: World, run: OpenRun, step: Ask) -> StepResult:
    assert isinstance(step, CheckStep)
    given = world.answer(run, step)
    if given is not NOT_GIVEN:
        if not isinstance(given, bool):
            raise ValueError(f"{step.title} is answered by True or False, found {given!r}.")
        return Answered(given)
    try:
        return Answered(bool(world.holds(run, step.condition)))
    except NotKnownHere as unknown:
        raise AnswerNeeded(step, str(unknown), True) from None


def _task(world: World, run: OpenRun, step: Ask) -> StepResult:
    assert isinstance(step, TaskStep)
    if isinstance(step, RequestedTaskStep):
        step = requested_step(step.name, run.row["start_data"] or {})
    if problem := step.playbook_problem(world.playbook):
        return Stuck(problem)
    step = step.defined(world.playbook.tasks.all_kinds)
    if not step.to and world.contact["owner_id"] is None:
        return Stuck(str(NoOwner(step.name)))
    world.note(f"{TASK}{step.name}")
    resume_at = world.now + step.within if step.within is not None else None
    number = world.new_task(step)
    return Paused(resume_at, (f"task_done:{number}",))


def _set(world: World, _: OpenRun, step: Ask) -> StepResult:
    assert isinstance(step, SetStep)
    if problem := step.playbook_problem(world.playbook):
        return Stuck(problem)
    for name, value in step.fields.items():
        set_column(world.contact, name, value)
        world.note(f"{name} = {value}")
    return Answered()


def _add_points(world: World, run: OpenRun, step: Ask) -> StepResult:
    assert isinstance(step, AddPointsStep)
    run.row["points"] += step.points
    world.contact["score"] = max(Decimal(0), world.contact["score"] + step.points)
    world.note(f"{step.points:+} points: {step.name}")
    return Answered()


def _route(world: World, run: OpenRun, step: Ask) -> StepResult:
    assert isinstance(step, RouteStep | OfferStep)
    if problem := step.playbook_problem(world.playbook):
        return Stuck(problem)
    kept = world.contact["owner_id"] is not None and not step.anew
    given = world.answer(run, step)
    owner = A_SALESPERSON if given is NOT_GIVEN else given
    if not kept and owner is not None:
        world.contact["owner_id"] = (world.contact["owner_id"] or 0) + 1
        world.note(f"assigned to {owner}")
    return Answered(owner)


def _fulfil(world: World, _: OpenRun, step: Ask) -> StepResult:
    assert isinstance(step, FulfilStep)
    if problem := step.playbook_problem(world.playbook):
        return Stuck(problem)
    world.note(f"on the list '{step.list}'")
    return Answered()


def _note(world: World, _: OpenRun, step: Ask) -> StepResult:
    world.note(f"note: {step.name}")
    return Answered()


def _feedback(world: World, run: OpenRun, step: Ask) -> StepResult:
    given = world.answer(run, step)
    if given is NOT_GIVEN:
        raise AnswerNeeded(step, "what comes of a request stands in the database", "answered")
    world.note(f"feedback: {one_of('outcome of a request for feedback', given, OUTCOMES)}")
    return Answered(given)


def _call(world: World, run: OpenRun, step: Ask) -> StepResult:
    given = world.answer(run, step)
    if given is NOT_GIVEN:
        raise AnswerNeeded(step, "the activity is not performed on a trip", "its result, or ActivityFailed('why')")
    return Answered({"failed": str(given)} if isinstance(given, ActivityFailed) else {"result": given})


Performer = Callable[[World, OpenRun, Any], StepResult]
PERFORMERS: Mapping[type[Ask], Performer] = {
    WaitStep: _by_the_runtime,
    WaitForStep: _by_the_runtime,
    StartStep: _by_the_runtime,
    WaitUntilFieldStep: _wait_until_field,
    SendStep: _send,
    SplitStep: _split,
    CheckStep: _check,
    TaskStep: _task,
    RequestedTaskStep: _task,
    SetStep: _set,
    AddPointsStep: _add_points,
    RouteStep: _route,
    OfferStep: _route,
    FulfilStep: _fulfil,
    NoteStep: _note,
    FeedbackStep: _feedback,
    CallStep: _call,
}
