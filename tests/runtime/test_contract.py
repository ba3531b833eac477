"""A verb needs a Turn and plain Asked steps, and nothing else of the runtime: neither runs nor what drives them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from flows.runtime.contract.ask import Answered, Asked, Paused, ResumingEvent, Stuck, Turn
from flows.runtime.contract.errors import UnexpectedEvent
from flows.runtime.contract.rows import NewRun
from flows.runtime.verbs.send import NO_DATA, SendStep
from flows.runtime.verbs.set import SetStep
from flows.runtime.verbs.start import StartStep
from flows.runtime.verbs.task import TaskStep
from flows.runtime.verbs.wait import WaitForStep, WaitStep
from models import MessageKind
from tests.support.story import MONDAY

WEEK = timedelta(weeks=1)


@pytest.fixture
def turn(connection: Connection) -> Turn:
    """A turn of the journey `spring` at Monday, nine o'clock."""
    return Turn(connection, "spring", {"spring", "summer"}, MONDAY)


def a_contact(turn: Turn, email: str | None = "ann@example.com", suppressed: str | None = None) -> int:
    """A contact, stored for as long as the transaction lasts."""
    statement = text("INSERT INTO contact (email, suppressed) VALUES (:email, :suppressed) RETURNING id")
    contact: int = turn.connection.execute(statement, {"email": email, "suppressed": suppressed}).scalar_one()
    return contact


def test_send_queues_an_email_for_who_has_an_address_and_wants_it(turn: Turn) -> None:
    contacts = [a_contact(turn), a_contact(turn, None), a_contact(turn, "bob@example.com", "unsubscribed")]
    step = SendStep("news", "news", MessageKind.MARKETING, NO_DATA, expires_after=WEEK)
    answers = SendStep.execute(turn, [Asked(run, 3, contact, step) for run, contact in enumerate(contacts, 10)])
    assert [answer.value for answer in answers if isinstance(answer, Answered)] == [
        "queued",
        "no address",
        "suppressed",
    ]
    (message,) = turn.new_messages
    assert (message.key, message.contact_id, message.run_id) == ("10:3", contacts[0], 10)
    assert (message.template, message.expires_after) == ("spring/news", WEEK.total_seconds())


def test_set_changes_all_contacts_of_a_group(turn: Turn) -> None:
    contacts = [a_contact(turn, f"{name}@example.com") for name in ("ann", "bob")]
    asked = [Asked(run, 1, contact, SetStep("state = CA", {"state": "CA"})) for run, contact in enumerate(contacts)]
    assert SetStep.execute(turn, asked) == [Answered(), Answered()]
    assert turn.connection.execute(text("SELECT state FROM contact")).scalars().all() == ["CA", "CA"]


def test_start_leaves_a_run_to_the_end_of_the_turn_and_knows_which_journeys_there_are(turn: Turn) -> None:
    asked = [Asked(7, 2, 5, StartStep(journey, journey)) for journey in ("summer", "winter")]
    started, unknown = StartStep.execute(turn, asked)
    assert started == Answered()
    assert turn.new_runs == [NewRun("summer", 5, "run:7:2")]
    assert unknown == Stuck("There is no journey 'winter'. There are: spring, summer.")


def test_waits_pause_until_a_moment_or_an_event(turn: Turn) -> None:
    assert WaitStep.execute(turn, [Asked(1, 1, 1, WaitStep("a week", length=WEEK))]) == [Paused(MONDAY + WEEK)]
    patient = WaitForStep("an answer", ("replied",))
    assert WaitForStep.execute(turn, [Asked(1, 1, 1, patient)]) == [Paused(None, ("replied",))]


def test_a_wait_is_answered_by_the_event_that_came_or_by_none() -> None:
    step = WaitForStep("an answer", ("replied", "page_visited:order"), WEEK)
    assert step.resume(ResumingEvent(9, "page_visited", "order", {})) == Answered("page_visited:order", {"event": 9})
    assert step.resume(None) == Answered(None, {"silence": True})


def test_a_task_is_answered_by_what_was_reported() -> None:
    step = TaskStep("call", "call", outcomes=("Talked: Going Well", "Could Not Reach"))
    report = ResumingEvent(9, "task_done", "12", {"outcome": "Could Not Reach", "notes": "Tried twice."})
    assert step.resume(report) == Answered("Could Not Reach", {"task": 12, "notes": "Tried twice."})


def test_an_event_that_a_changed_step_no_longer_waits_for_is_refused() -> None:
    with pytest.raises(UnexpectedEvent, match="resumed by replied, the code now says 'link_clicked'"):
        WaitForStep("an answer", ("link_clicked",)).resume(ResumingEvent(9, "replied", None, {}))
    with pytest.raises(TypeError, match="set never waits"):
        SetStep("points = 1", {"points": Decimal(1)}).resume(ResumingEvent(9, "replied", None, {}))
