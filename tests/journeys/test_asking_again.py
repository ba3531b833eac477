"""Whoever asks for a person again is heard, wherever they stand: by one salesperson, in time."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition, RequestPolicy
from flows.runtime.definitions.run import Run
from flows.runtime.maps.journey_map import ANY_MOMENT
from flows.runtime.maps.request_places import WAITS, request_places
from flows.runtime.prefect_flow import discover
from flows.runtime.react import react
from flows.runtime.turn import take_turn
from flows.runtime.verbs.task import TaskStep
from flows.runtime.virtual_time import run_due
from models.database import engine, to_json
from models.playbook import current_playbook
from models.tasks.outcome import complete_task
from tests.support.playbook import apply_playbook
from tests.support.story import MONDAY, Story

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
OPEN = "done_at IS NULL AND closed_at IS NULL"

REQUESTS = [("form_submitted", "request-call"), ("form_submitted", "contact-us"), ("call_received", None)]
"""A form that a journey is for, one that none is for, and a call."""


@pytest.fixture
def story(database_url: str) -> Story:
    apply_playbook()
    return Story(discover())


@dataclass(frozen=True)
class Place:
    """A place at which a run can stand, and the answered steps that lead to it."""

    journey: str
    step: str
    is_task: bool
    history: str


def places_of(definition: Definition) -> Iterator[Place]:
    """Each wait and each task of the salesperson, by the shortest way to it."""
    known: set[str] = set()
    paths: list[list[Any]] = [[]]
    for answers in paths:
        run = Run(0, 0, ANY_MOMENT, "", None, "")
        steps = []
        ask = run.advance(definition.make_coroutine, ANY_MOMENT)
        for answer in answers:
            assert ask is not None
            steps.append((ask.verb, ask.name, answer, MONDAY.timestamp()))
            ask = run.advance(definition.make_coroutine, ANY_MOMENT, answer)
        run.close()
        if ask is None or (ask.verb, ask.name) in known:
            continue
        known.add((ask.verb, ask.name))
        asks_owner = isinstance(ask, TaskStep) and ask.to is None
        if asks_owner or ask.verb in WAITS:
            yield Place(definition.name, ask.name, asks_owner, "".join(f"{to_json(step)}," for step in steps))
        paths += [[*answers, answer] for answer in ask.possible_answers()]


def put_at(story: Story, place: Place, number: int) -> int:
    """A contact of Sarah's whose run has come to this place just now."""
    contact = story.contact(
        f"lead{number}@example.com", owner_id=story.one("SELECT min(id) FROM rep"), phone=f"+1207555{number:04}"
    )
    story.write(
        "INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, resume_at, steps, history) "
        "VALUES (:journey, :contact, 'test', true, :now, :now, :steps, :history)",
        journey=place.journey,
        contact=contact,
        now=story.now,
        steps=place.history.count("],"),
        history=place.history,
    )
    return contact


def everywhere(story: Story, definitions: Mapping[str, Definition]) -> dict[int, Place]:
    """A contact at each place of these journeys."""
    places = [place for definition in definitions.values() for place in places_of(definition)]
    found = {put_at(story, place, number): place for number, place in enumerate(places, start=100)}
    run_due(story.definitions, story.now)
    for contact, place in found.items():
        assert (place.journey, f"waiting for {place.step}") in story.runs(contact)
    return found


def open_tasks(story: Story, contact: int) -> list[Any]:
    return story.rows(
        "SELECT journey, name, assignee, due_at FROM task "
        f"WHERE contact_id = :contact AND {OPEN} AND rep_id IS NOT NULL",
        contact=contact,
    )


@pytest.mark.parametrize(("name", "topic"), REQUESTS)
def test_at_every_place_of_every_journey_one_person_hears_of_it_in_time(
    story: Story, name: str, topic: str | None
) -> None:
    found = everywhere(story, story.definitions)
    assert len(found) > 80
    story.now += HOUR
    for contact in found:
        story.write(
            "INSERT INTO event (name, topic, contact_id, source, data, at, received_at) "
            "VALUES (:name, :topic, :contact, 'test', '{\"request\": \"Please call me\"}', :now, :now)",
            name=name,
            topic=topic,
            contact=contact,
            now=story.now,
        )
    run_due(story.definitions, story.now)

    for contact, place in found.items():
        tasks = open_tasks(story, contact)
        assert len(tasks) == 1, (place, story.runs(contact))
        [(journey, _, assignee, due_at)] = tasks
        in_time = HOUR / 2 if topic != "contact-us" or place.is_task else 4 * HOUR
        assert due_at <= story.now + in_time, place
        if place.is_task and f"{name}:{topic}" not in (story.definitions[place.journey].ends_on or {}):
            assert journey == place.journey
        assert story.rows(
            "SELECT 1 FROM message "
            "WHERE contact_id = :contact AND kind = 'task' AND to_address = :to AND queued_at = :now",
            contact=contact,
            to=assignee,
            now=story.now,
        ), place
        assert not story.rows(
            "SELECT 1 FROM journey_run WHERE contact_id = :contact AND status = 'stuck'", contact=contact
        )

    before = {contact: len(marketing(story, contact)) for contact in found}
    story.pass_time(1.5 * DAY)
    pitched = [place for contact, place in found.items() if len(marketing(story, contact)) > before[contact]]
    assert pitched == [], "somebody was written to while a person talks to them"


def marketing(story: Story, contact: int) -> list[Any]:
    return story.rows("SELECT 1 FROM message WHERE contact_id = :contact AND kind = 'marketing'", contact=contact)


def test_every_place_of_every_journey_says_what_a_request_does_there() -> None:
    said = {(one.journey, one.place.name) for one in request_places(discover()).effects()}
    there = {(place.journey, place.step) for one in discover().values() for place in places_of(one)}
    assert there <= said
    assert not list(request_places(discover()).problems())


def ask(story: Story, contact: int, form: str = "request-call", words: str = "Please call me") -> int:
    return story.happens("form_submitted", form, contact=contact, data={"request": words})


def first_call_missed(story: Story) -> int:
    """Ann asked for information; Sarah called and did not reach her; the journey waits for a week."""
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann, data={"request": "What does it cost?"})
    story.reports("first call", "Could Not Reach: Try Again", contact=ann)
    return ann


def open_requests_of(story: Story, contact: int) -> int:
    return int(
        story.one(
            "SELECT count(*) FROM repeated_request q JOIN event e ON e.id = q.event_id "
            "WHERE e.contact_id = :contact AND q.answered_at IS NULL",
            contact=contact,
        )
    )


def test_in_the_week_after_a_missed_call_the_next_call_is_due_now(story: Story) -> None:
    ann = first_call_missed(story)
    story.pass_time(2 * DAY)
    ask(story, ann)
    assert [(day, name) for day, name, _ in story.tasks(ann)] == [(0, "first call"), (2, "second call")]
    assert story.runs(ann) == [("lead_qualification", "waiting for second call")]
    [(journey, name, _, due_at)] = open_tasks(story, ann)
    assert (journey, name) == ("lead_qualification", "second call")
    assert due_at <= story.now + HOUR / 2


def test_in_the_middle_of_an_offer_a_call_pauses_the_mails_for_a_week_and_they_go_on_after_it(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-quote", contact=ann)
    story.pass_time(5 * DAY)
    ask(story, ann, "request-quote")
    assert [(journey, name) for journey, name, *_ in open_tasks(story, ann)] == [("unclaimed_request", "first call")]
    story.reports("first call", "Talked: Settled", contact=ann)
    story.pass_time(6 * DAY)
    assert [mail for _, mail in story.mails(ann) if mail.startswith("offer_sequence/")] == [
        "offer_sequence/offer",
        "offer_sequence/case_study",
    ]
    story.pass_time(2 * DAY)
    assert story.mails(ann)[-1] == (12, "offer_sequence/questions")


def test_a_mail_that_waits_for_its_hours_waits_until_the_talk_is_over(story: Story) -> None:
    ann = story.contact()
    story.start("offer_sequence", ann)
    story.start("announcement", ann)
    ask(story, ann)
    due = dict(story.rows("SELECT template, due_at FROM message WHERE kind = 'marketing'"))
    assert due["offer_sequence/offer"] == story.now + WEEK
    assert due["announcement/news"] < story.now


def test_an_open_task_moves_up_once_for_each_request_and_shows_all_of_them(story: Story) -> None:
    ann = story.contact()
    story.start("unclaimed_reply", ann)
    [(_, _, _, due_before)] = open_tasks(story, ann)
    ask(story, ann, "request-call", "Please call me today")
    ask(story, ann, "request-demo", "Show me how it works")
    assert len(story.tasks(ann)) == 1
    [(_, _, _, due_after)] = open_tasks(story, ann)
    assert (due_before - story.now, due_after - story.now) == (4 * HOUR, HOUR / 12)
    mails = [
        data.get("asked_again") for (data,) in story.rows("SELECT data FROM message WHERE kind = 'task' ORDER BY id")
    ]
    assert [[request["words"] for request in shown or ()] for shown in mails] == [
        [],
        ["Please call me today"],
        ["Please call me today", "Show me how it works"],
    ]


def test_the_same_form_twice_within_minutes_is_one_request(story: Story) -> None:
    ann = first_call_missed(story)
    story.pass_time(2 * DAY)
    for _ in range(3):
        ask(story, ann)
    assert len(story.tasks(ann)) == 2
    assert len(story.rows("SELECT 1 FROM message WHERE kind = 'task' AND queued_at = :now", now=story.now)) == 1


def test_a_report_answers_what_its_page_showed_and_what_came_meanwhile_is_asked_again(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    seen = ask(story, ann, "request-demo", "Show me how it works")
    ask(story, ann, "request-call", "It is urgent")
    [task] = story.rows(f"SELECT id FROM task WHERE {OPEN}")
    with engine().begin() as connection:
        assert complete_task(connection, task[0], "Had Call: Unqualified Lead", "", story.now, seen_request=seen)
    run_due(story.definitions, story.now)
    assert [(journey, name) for journey, name, *_ in open_tasks(story, ann)] == [("unclaimed_request", "first call")]
    story.reports("first call", "Answered by Mail", contact=ann)
    assert (open_tasks(story, ann), open_requests_of(story, ann)) == ([], 0)


def test_a_request_on_a_task_that_nobody_reports_on_goes_on_to_somebody_else(story: Story) -> None:
    ann = story.contact()
    story.happens("order_placed", "growth-programme", contact=ann, data={"amount": 4800})
    story.pass_time(14 * DAY)
    assert [name for _, name, _, _ in open_tasks(story, ann)] == ["ask_how_it_goes"]
    story.happens("call_received", contact=ann)
    story.pass_time(WEEK)
    assert [(journey, name) for journey, name, *_ in open_tasks(story, ann)] == [("unclaimed_request", "first call")]
    assert open_requests_of(story, ann) == 1


def test_an_order_answers_what_was_asked(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    ask(story, ann)
    story.happens("order_placed", "strategy-session", contact=ann)
    assert (open_tasks(story, ann), open_requests_of(story, ann)) == ([], 0)


def test_a_call_by_the_phone_system_answers_what_was_asked_before_it(story: Story) -> None:
    ann = first_call_missed(story)
    ask(story, ann)
    story.happens("call_connected", contact=ann)
    assert open_requests_of(story, ann) == 0


def test_a_download_asks_for_nobody(story: Story) -> None:
    ann = first_call_missed(story)
    story.pass_time(DAY)
    story.happens("form_submitted", "ebook", contact=ann)
    assert (open_tasks(story, ann), open_requests_of(story, ann)) == ([], 0)


def test_who_asks_in_re_engagement_is_not_taken_off_the_list(story: Story) -> None:
    ann = story.contact()
    story.start("re_engagement", ann)
    ask(story, ann)
    story.pass_time(4 * WEEK)
    assert ("re_engagement", "came back") in story.runs(ann)
    assert story.column(ann, "suppressed") is None


def test_whoever_reports_that_they_want_a_call_has_them_called_now(story: Story) -> None:
    ann = first_call_missed(story)
    story.pass_time(DAY)
    story.happens("replied", contact=ann, data={"text": "Sorry, I was out."})
    story.reports("first reading", "Wants a Call", contact=ann)
    assert [name for _, name, _, _ in open_tasks(story, ann)] == ["second call"]


def test_two_requests_in_one_reaction_bring_one_caller(story: Story) -> None:
    ann = story.contact()
    for form in ("request-info", "request-call", "contact-us"):
        story.write(
            "INSERT INTO event (name, topic, contact_id, source, at, received_at) "
            "VALUES ('form_submitted', :form, :ann, 'test', :now, :now)",
            form=form,
            ann=ann,
            now=story.now,
        )
    run_due(story.definitions, story.now)
    assert [name for _, name, _, _ in open_tasks(story, ann)] == ["first call"]
    assert open_requests_of(story, ann) == 2


def test_while_nobody_is_there_a_repeated_request_waits_with_the_first(story: Story) -> None:
    story.write('UPDATE rep SET hours = \'{"tue": "09:00-17:00"}\'')
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    ask(story, ann)
    assert story.tasks(ann) == []
    story.pass_time(2 * DAY)
    assert [(journey, name) for journey, name, *_ in open_tasks(story, ann)] == [("lead_qualification", "first call")]
    assert open_requests_of(story, ann) == 1


async def quiet(j: Journey) -> str:
    """Asks for nobody."""
    await j.wait(timedelta(days=30))
    return "done"


def test_who_is_held_out_is_heard_each_time_they_ask(story: Story) -> None:
    """The holdout keeps them off the journey, not the answer from them."""
    qualification = story.definitions["lead_qualification"]
    story = Story({**story.definitions, "lead_qualification": replace(qualification, holdout=0.999)})
    ann = story.contact()
    ask(story, ann)
    assert ("lead_qualification", "held out") in story.runs(ann)
    assert [(journey, name) for journey, name, *_ in open_tasks(story, ann)] == [("unclaimed_request", "first call")]
    assert open_requests_of(story, ann) == 1
    story.reports("first call", "Talked: Not Interested", contact=ann)
    story.pass_time(DAY)
    ask(story, ann)
    assert [(journey, name) for journey, name, *_ in open_tasks(story, ann)] == [("unclaimed_request", "first call")]


def test_who_is_held_out_of_a_journey_that_asks_nobody_gets_nothing(story: Story) -> None:
    story = Story(
        {**story.definitions, "quiet": Definition("quiet", quiet, ("form_submitted:webinar",), holdout=0.999)}
    )
    ann = story.contact()
    story.happens("form_submitted", "webinar", contact=ann)
    assert story.runs(ann) == [("quiet", "held out")]
    assert open_requests_of(story, ann) == 0


def test_a_journey_that_ignores_requests_keeps_its_times_and_a_person_comes_all_the_same(story: Story) -> None:
    ignoring = Definition("quiet", quiet, ("form_submitted:webinar",), on_repeated_request=RequestPolicy.IGNORE)
    story = Story({**story.definitions, "quiet": ignoring})
    ann = story.contact(owner_id=story.one("SELECT min(id) FROM rep"))
    story.happens("form_submitted", "webinar", contact=ann)
    story.pass_time(29.5 * DAY)
    story.happens("form_submitted", "webinar", contact=ann, data={"seats": 2})
    assert open_tasks(story, ann) == []
    story.happens("call_received", contact=ann)
    assert len(open_tasks(story, ann)) == 1
    story.pass_time(DAY)
    assert ("quiet", "done") in story.runs(ann)


def test_a_journey_that_takes_requests_and_waits_in_their_way_is_found() -> None:
    async def taker(j: Journey) -> str:
        await j.task("call", due=timedelta(hours=1), outcomes=("Done",))
        await j.wait(timedelta(days=9))
        return "done"

    definition = Definition("taker", taker, fallback_trigger=("asked_again",))
    [problem] = request_places({"taker": definition}).problems()
    assert "'wait 9 days' would be lost" in problem
    [problem] = request_places({}).problems()
    assert problem.startswith("No journey takes requests")


def test_a_request_at_the_moment_when_the_wait_is_over_brings_one_caller(story: Story) -> None:
    """The turn that ends the wait and the reaction to the request run at the same time, in every order."""
    crowd = []
    for number in range(12):
        lead = story.contact(f"lead{number}@example.com")
        story.happens("form_submitted", "request-info", contact=lead)
        story.reports("first call", "Could Not Reach: Try Again", contact=lead)
        crowd.append(lead)
    story.now += WEEK
    for lead in crowd:
        story.write(
            "INSERT INTO event (name, topic, contact_id, source, at, received_at) "
            "VALUES ('form_submitted', 'request-call', :lead, 'test', :now, :now)",
            lead=lead,
            now=story.now,
        )

    def one_turn(_: int) -> None:
        with engine().begin() as connection:
            take_turn(connection, story.definitions["lead_qualification"], story.definitions, story.now, limit=1)

    def one_reaction(_: int) -> None:
        with engine().begin() as connection:
            react(connection, story.definitions, current_playbook(connection), story.now, limit=1)

    with ThreadPoolExecutor(4) as pool:
        work = [(one_turn, one_reaction)[number % 2] for number in range(2 * len(crowd))]
        for done in [pool.submit(one, number) for number, one in enumerate(work)]:
            done.result()
    run_due(story.definitions, story.now)

    assert [[name for _, name, _, _ in open_tasks(story, lead)] for lead in crowd] == [["second call"]] * len(crowd)
    assert [open_requests_of(story, lead) for lead in crowd] == [1] * len(crowd)
