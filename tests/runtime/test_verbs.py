"""What a journey may await, one by one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flows.runtime import Journey, activity, hand_over
from models import Contact, Stage
from tests.support.story import MONDAY, Story, two_mails

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def test_wait_for_tells_which_event_came_first(make_story: Callable[..., Story]) -> None:
    async def patient(j: Journey) -> str:
        return await j.wait_for("replied", "page_visited:order", within=WEEK) or "silence"

    story = make_story(patient)
    ann, bob, eve = (story.contact(f"{name}@example.com") for name in ("ann", "bob", "eve"))
    story.start("patient", ann, bob, eve)
    story.happens("page_visited", "pricing", contact=ann)
    story.happens("page_visited", "order", contact=ann)
    story.happens("replied", contact=bob)
    story.pass_time(WEEK)
    story.happens("replied", contact=eve)
    assert [story.runs(who)[0][1] for who in (ann, bob, eve)] == ["page_visited:order", "replied", "silence"]


def test_an_event_after_the_deadline_does_not_count_though_nobody_was_awake(make_story: Callable[..., Story]) -> None:
    async def patient(j: Journey) -> str:
        return await j.wait_for("replied", within=WEEK) or "silence"

    story = make_story(patient)
    ann = story.contact()
    story.start("patient", ann)
    story.now += 2 * WEEK
    story.happens("replied", contact=ann)
    assert story.runs(ann) == [("patient", "silence")]


def test_facts_go_through_the_journey_and_are_kept_with_what_decided_them(make_story: Callable[..., Story]) -> None:
    async def curious(j: Journey) -> str:
        warm = await j.check((Contact.score >= 30) & (Contact.state == "CA"))
        return "warm" if warm else "cold"

    story = make_story(curious)
    ann = story.contact(score=20, state="CA")
    story.start("curious", ann)
    fact = story.one("SELECT fact FROM step")
    assert fact == {"score": "20.00", "state": "CA"}
    assert story.runs(ann) == [("curious", "cold")]


def test_set_writes_columns_custom_fields_and_the_moment_of_a_stage(make_story: Callable[..., Story]) -> None:
    async def learning(j: Journey) -> str:
        await j.set(stage=Stage.SQL, industry="Retail", challenge="Customer loyalty")
        return "learned" if await j.check(Contact.custom["challenge"].astext == "Customer loyalty") else "forgotten"

    story = make_story(learning)
    ann = story.contact()
    story.start("learning", ann)
    assert story.runs(ann) == [("learning", "learned")]
    assert story.column(ann, "sql_at") == MONDAY
    assert story.column(ann, "industry") == "Retail"


@pytest.mark.parametrize("fields", [{"nonsense": 1}, {"employees": "many"}, {"stage": "friend"}, {"id": 7}])
def test_setting_what_cannot_be_is_stuck_with_a_sentence(
    make_story: Callable[..., Story], fields: dict[str, Any]
) -> None:
    async def wrong(j: Journey) -> str:
        await j.set(**fields)
        return "set"

    story = make_story(wrong)
    ann = story.contact()
    story.start("wrong", ann)
    assert story.runs(ann)[0][1].startswith("InvalidField: ")


def test_points_are_explained_and_kept_on_run_and_contact(make_story: Callable[..., Story]) -> None:
    async def scoring(j: Journey) -> str:
        await j.add_points(10, "read the guide")
        await j.add_points(5, "came back")
        return "scored"

    story = make_story(scoring)
    ann = story.contact()
    story.start("scoring", ann)
    assert story.column(ann, "score") == 15
    assert story.one("SELECT points FROM journey_run") == 15
    assert story.rows("SELECT points::int, reason FROM score_entry ORDER BY id") == [
        (10, "read the guide"),
        (5, "came back"),
    ]


def test_routing_takes_turns_and_keeps_owners(make_story: Callable[..., Story]) -> None:
    async def routed(j: Journey) -> str:
        return await j.route("inbound")

    story = make_story(routed)
    contacts = [story.contact(f"c{number}@example.com") for number in range(7)]
    story.start("routed", *contacts)
    owners = [story.runs(contact)[0][1].split()[0] for contact in contacts]
    assert owners == ["Sarah", "John", "Mike", "Sarah", "John", "Mike", "Sarah"]
    story.start("routed", contacts[0], key="again")
    assert story.runs(contacts[0])[-1][1] == "Sarah Miller"


def test_a_router_that_does_not_exist_leaves_the_run_stuck(make_story: Callable[..., Story]) -> None:
    async def lost(j: Journey) -> str:
        return await j.route("moon")

    story = make_story(lost)
    ann = story.contact()
    story.start("lost", ann)
    assert story.runs(ann)[0][1] == "There is no router 'moon'. Add it to the playbook and apply that."


def test_start_and_note_and_hand_over(make_story: Callable[..., Story]) -> None:
    async def parent(j: Journey) -> str:
        await j.note("met at the fair")
        await j.start("two_mails")
        return hand_over("child")

    async def child(j: Journey) -> str:
        return "grown up"

    story = make_story(parent, child, two_mails)
    ann = story.contact()
    story.start("parent", ann)
    assert sorted(story.runs(ann)) == [
        ("child", "grown up"),
        ("parent", "handed over to child"),
        ("two_mails", "waiting for 7 days"),
    ]
    assert story.one("SELECT data ->> 'text' FROM event WHERE name = 'note_added'") == "met at the fair"


def test_handing_over_to_nobody_is_stuck(make_story: Callable[..., Story]) -> None:
    async def parent(j: Journey) -> str:
        return hand_over("nowhere")

    story = make_story(parent)
    ann = story.contact()
    story.start("parent", ann)
    assert story.runs(ann)[0][1] == "There is no journey 'nowhere'. There are: parent."


def test_a_task_for_an_owner_that_nobody_is_says_what_to_do(make_story: Callable[..., Story]) -> None:
    async def asking(j: Journey) -> str:
        return await j.task("call", due=DAY, outcomes=("Done",)) or "silence"

    story = make_story(asking)
    ann = story.contact()
    story.start("asking", ann)
    assert "Await j.route() before it" in story.runs(ann)[0][1]


def test_a_task_can_go_to_any_address(make_story: Callable[..., Story]) -> None:
    async def asking(j: Journey) -> str:
        return await j.task("thank_you_note", due=DAY, outcomes=("Written",), to="office@example.com") or "silence"

    story = make_story(asking)
    ann = story.contact()
    story.start("asking", ann)
    assert story.tasks(ann) == [(0, "thank_you_note", "office")]
    story.reports("thank_you_note", "Written", contact=ann)
    assert story.runs(ann) == [("asking", "Written")]


@pytest.mark.parametrize(
    ("suppressed", "marketing", "transactional"),
    [(None, 1, 1), ("unsubscribed", 0, 1), ("removed", 0, 1), ("bounced", 0, 0), ("complained", 0, 0)],
)
def test_suppressed_contacts_get_no_marketing_whatever_a_journey_asks(
    make_story: Callable[..., Story], suppressed: str | None, marketing: int, transactional: int
) -> None:
    async def pushy(j: Journey) -> str:
        await j.send("news")
        await j.send("receipt", transactional=True)
        return "sent"

    story = make_story(pushy)
    ann = story.contact(suppressed=suppressed)
    story.start("pushy", ann)
    templates = [template for _, template in story.mails(ann)]
    assert (templates.count("pushy/news"), templates.count("pushy/receipt")) == (marketing, transactional)


@activity(retries=2, pause=timedelta(seconds=0))
def look_up(company: str) -> dict[str, int]:
    """How many people work there."""
    if company == "Unknown":
        raise LookupError(f"nobody has heard of {company}")
    return {"employees": 40}


def test_an_activity_is_queued_and_its_result_comes_back(make_story: Callable[..., Story]) -> None:
    async def asking(j: Journey) -> str:
        found = await j.call(look_up, "Acme")
        return f"{found['employees']} people"

    story = make_story(asking)
    ann = story.contact()
    story.start("asking", ann)
    (activity_id, name), *_ = story.rows("SELECT id, name FROM activity")
    assert name.endswith("test_verbs:look_up")
    story.happens("activity_done", str(activity_id), contact=ann, data={"result": {"employees": 40}})
    assert story.runs(ann) == [("asking", "40 people")]


def test_a_stage_never_falls(make_story: Callable[..., Story]) -> None:
    async def late_call(j: Journey) -> str:
        await j.set(stage=Stage.SQL)
        return "called"

    story = make_story(late_call)
    ann = story.contact(stage="customer")
    story.start("late_call", ann)
    assert (story.column(ann, "stage"), story.column(ann, "sql_at")) == ("customer", None)
