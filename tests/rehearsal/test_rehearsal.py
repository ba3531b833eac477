"""What would have happened: past contacts take a journey again, and nobody notices."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from deployments.stack.postgres import Postgres
from flows.rehearsal.bands import band
from flows.rehearsal.cohort import NothingToRehearse
from flows.rehearsal.compare import Parting, parting, partings, who_part
from flows.rehearsal.render import as_json, as_markdown, as_text
from flows.rehearsal.report import numbers_of, report_of
from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition
from models.conditions.parse import BadCondition
from tests.rehearsal.rehearsed import CALLS_BACK, LATER, a_past, databases, fingerprint, rehearsed
from tests.support.story import MONDAY, Story

pytestmark = pytest.mark.usefixtures("database_url")


def test_past_contacts_take_the_journey_and_nothing_of_the_installation_changes(
    make_story: Callable[..., Story], database_url: str, postgres_server: Postgres
) -> None:
    a_past(make_story(), 12, bought=3)
    before = fingerprint()
    rehearsal = rehearsed(postgres_server, database_url)
    result = rehearsal.results[0]
    assert result.entered == 12
    assert result.mails["calls_back/first"] == 12
    assert result.tasks == {("calls_back", "call"): 12}
    assert result.endings.get(("calls_back", "bought"), 0) <= 3
    assert sum(result.endings.values()) + sum(result.open.values()) == 12
    assert not result.stuck
    assert fingerprint() == before
    assert not {name for name in databases(postgres_server) if name.startswith("play")}


def test_the_same_draws_give_the_same_numbers_and_others_give_bands(
    make_story: Callable[..., Story], database_url: str, postgres_server: Postgres
) -> None:
    a_past(make_story(), 20)
    once = rehearsed(postgres_server, database_url, draws=3)
    again = rehearsed(postgres_server, database_url, draws=3)
    assert once.results == again.results
    reached = [result.endings.get(("calls_back", "reached"), 0) for result in once.results]
    assert len(set(reached)) > 1
    assert band([1, 2, 3, 4, 5]).low == pytest.approx(1.4)


def test_answers_are_as_often_as_they_were(
    make_story: Callable[..., Story], database_url: str, postgres_server: Postgres
) -> None:
    story = make_story()
    contacts = a_past(story, 60)
    run = "INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, status, ended_at) "
    for contact in contacts:
        run_id = story.one(
            f"{run} VALUES ('calls_back', :contact, 'past', true, :at, 'ended', :at) RETURNING id",
            contact=contact,
            at=story.now,
        )
        story.write(
            "INSERT INTO task (run_id, number, contact_id, journey, name, template, assignee, outcomes, created_at, "
            "due_at, done_at, outcome) VALUES (:run, 2, :contact, 'calls_back', 'call', 'calls_back/call', "
            "'sales@example.com', '[]', :at, :at, :done, 'Reached')",
            run=run_id,
            contact=contact,
            at=story.now,
            done=story.now + timedelta(hours=5),
        )
    rehearsal = rehearsed(postgres_server, database_url, begin=MONDAY)
    # Sixty of sixty were reached within five hours: nearly all are, none for certain.
    assert all(result.endings["calls_back", "reached"] >= 50 for result in rehearsal.results)
    assert "Too little data of the mail calls_back/first" in as_text(report_of(rehearsal))
    assert "the task call of calls_back" not in as_text(report_of(rehearsal))


async def asks_for_consent(j: Journey) -> str:
    """Nobody can be mailed here who said no."""
    return await j.send("hello")


def test_contacts_are_as_they_were_when_it_begins(
    make_story: Callable[..., Story], database_url: str, postgres_server: Postgres
) -> None:
    story = make_story()
    early, late = a_past(story, 2)
    story.write(
        "UPDATE contact SET suppressed = 'unsubscribed', suppressed_at = :at WHERE id = :id",
        at=MONDAY - timedelta(days=1),
        id=early,
    )
    story.write(
        "UPDATE contact SET suppressed = 'unsubscribed', suppressed_at = :at WHERE id = :id",
        at=MONDAY + timedelta(days=9),
        id=late,
    )
    greets = Definition("asks_for_consent", asks_for_consent, ("form_submitted:call",))
    result = rehearsed(postgres_server, database_url, greets, draws=1).results[0]
    assert result.endings == {("asks_for_consent", "suppressed"): 1, ("asks_for_consent", "queued"): 1}
    assert sum(result.mails.values()) == 1


async def leads_on(j: Journey) -> str:
    """Puts everybody on another journey."""
    await j.start("asks_for_consent")
    return "led on"


def test_other_journeys_are_taken_where_it_leads_to_them_and_start_on_nothing_else(
    make_story: Callable[..., Story], database_url: str, postgres_server: Postgres
) -> None:
    a_past(make_story(), 3)
    first = Definition("leads_on", leads_on, ("form_submitted:call",))
    others = {
        "asks_for_consent": Definition("asks_for_consent", asks_for_consent),
        "calls_back": CALLS_BACK,
    }
    result = rehearsed(postgres_server, database_url, first, others=others, draws=1).results[0]
    assert result.mails == {"asks_for_consent/hello": 3}
    assert not result.tasks


def test_of_a_large_cohort_a_sample_is_taken_and_it_is_said(
    make_story: Callable[..., Story], database_url: str, postgres_server: Postgres
) -> None:
    a_past(make_story(), 9)
    rehearsal = rehearsed(postgres_server, database_url, at_most=4, draws=1)
    assert rehearsal.results[0].entered == 4
    assert "4 contacts, a sample of 9" in as_text(report_of(rehearsal))


def test_a_journey_that_no_event_starts_is_taken_by_the_whole_cohort(
    make_story: Callable[..., Story], database_url: str, postgres_server: Postgres
) -> None:
    a_past(make_story(), 3)
    by_hand = replace(CALLS_BACK, starts_on=())
    rehearsal = rehearsed(postgres_server, database_url, by_hand, draws=1)
    assert rehearsal.results[0].entered == 3
    assert "nobody was on it" in rehearsal.cohort.entry


@pytest.mark.parametrize(
    ("question", "error", "words"),
    [
        ({"condition": "stagee == 'mgl'"}, BadCondition, "stagee"),
        ({"condition": "company == 'nobody'"}, NothingToRehearse, "No contact fits"),
        ({"begin": LATER}, NothingToRehearse, "Nobody of the cohort enters"),
    ],
)
def test_what_cannot_be_rehearsed_is_said(
    question: dict[str, Any],
    error: type[Exception],
    words: str,
    make_story: Callable[..., Story],
    database_url: str,
    postgres_server: Postgres,
) -> None:
    a_past(make_story(), 2)
    with pytest.raises(error, match=words):
        rehearsed(postgres_server, database_url, **question)


def test_the_report_says_the_same_in_each_format(
    make_story: Callable[..., Story], database_url: str, postgres_server: Postgres
) -> None:
    a_past(make_story(), 5)
    rehearsal = rehearsed(postgres_server, database_url)
    report = report_of(rehearsal)
    assert numbers_of(rehearsal.results[0])["contacts on the journey"] == 5
    text, markdown = as_text(report), as_markdown(report)
    assert "contacts on the journey" in text
    assert "| contacts on the journey | 5 |" in markdown
    assert "xychart-beta" in markdown
    assert '"contacts on the journey"' in as_json(report)


OTHER = """
from datetime import timedelta

from flows.runtime import Journey, journey


@journey(starts_on="form_submitted:call", ends_on={"order_placed": "bought"})
async def calls_back(j: Journey) -> str:
    \"\"\"Without the mail at the end.\"\"\"
    await j.send("first")
    outcome = await j.task(
        "call", to="sales@example.com", outcomes=("Reached", "Not Reached"), within=timedelta(days=3)
    )
    return "reached" if outcome == "Reached" else "given up"
"""


def test_two_versions_differ_where_their_code_does_and_nowhere_else(
    make_story: Callable[..., Story], database_url: str, postgres_server: Postgres
) -> None:
    a_past(make_story(), 12)
    rehearsal = rehearsed(postgres_server, database_url, other=OTHER)
    found = partings(rehearsal.results, rehearsal.others)
    assert found
    for one in found:
        assert one.after.startswith("calls_back, task call: ")
        assert "Reached" not in one.after.removesuffix("Not Reached")
        assert one.there == "calls_back, ends: given up"
    same = [result.endings.get(("calls_back", "reached"), 0) for result in rehearsal.results]
    assert same == [result.endings.get(("calls_back", "reached"), 0) for result in rehearsal.others]
    text = as_markdown(report_of(rehearsal))
    assert "### Where they part" in text
    assert "calls_back, ends: given up" in text


def test_a_version_beside_itself_differs_nowhere(
    make_story: Callable[..., Story], database_url: str, postgres_server: Postgres
) -> None:
    a_past(make_story(), 10)
    rehearsal = rehearsed(postgres_server, database_url)
    same = replace(rehearsal, results=rehearsal.results, others=rehearsal.results)
    assert who_part(same.results, same.others).high == 0
    assert "0 contacts go another way." in as_text(report_of(same))


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ((), (), None),
        (("a", "b"), ("a", "b"), None),
        (("a", "b"), ("a", "c"), Parting("a", "b", "c")),
        (("b",), ("c",), Parting("at the start", "b", "c")),
        (("a", "b"), ("a",), Parting("a", "b", "nothing more in this time")),
    ],
)
def test_ways_part_at_the_first_step_that_differs(
    here: tuple[str, ...], there: tuple[str, ...], expected: Parting | None
) -> None:
    assert parting(here, there) == expected


def test_a_rehearsal_stands_beside_what_then_happened(
    make_story: Callable[..., Story], database_url: str, postgres_server: Postgres
) -> None:
    story = make_story()
    a_past(story, 8)
    story.definitions = {"calls_back": CALLS_BACK}
    for contact in range(1, 9):
        story.start("calls_back", contact)
    story.pass_time(timedelta(weeks=2))
    story.write("UPDATE message SET state = 'sent', sent_at = queued_at")
    rehearsal = rehearsed(postgres_server, database_url, begin=MONDAY, compare_with_real=True)
    assert rehearsal.real is not None
    assert rehearsal.real.entered == 8
    assert "Beside what then happened" in as_text(report_of(rehearsal))
