"""Code and values that cannot be worked with: they leave one run stuck, or one event aside, and hold up no other."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from flows.runtime import Journey
from flows.runtime.react import react
from flows.runtime.virtual_time import run_due
from models import Contact
from models.database import engine
from models.playbook import current_playbook
from tests.support.race_conditions import store_event
from tests.support.story import Story

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
ENDLESS = "".join(f"{number * 7919 % 100_003:05}" for number in range(2_000))
"""More than an index can hold, even packed."""


class Unreadable(Mapping[str, Any]):
    """Data that fails when it is looked at, without a word."""

    def __getitem__(self, key: str) -> Any:
        raise ValueError

    def __iter__(self) -> Iterator[str]:
        raise ValueError

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda j: j.send("hello", data={1: "a number as key"}),
        lambda j: j.send("hello", data={"big": 2**70}),
        lambda j: j.send("hello", data={"text": "null \0 byte"}),
        lambda j: j.send("hello", data={"text": "half \ud800 a pair"}),
        lambda j: j.send("hello", data=Unreadable()),
        lambda j: j.send("hello", name="null \0 byte"),
        lambda j: j.note("half \ud800 a pair"),
        lambda j: j.wait(WEEK, name="null \0 byte"),
        lambda j: j.wait_for("page_visited:\0", within=WEEK),
        lambda j: j.wait_for(within=WEEK),
        lambda j: j.wait(timedelta.max),
        lambda j: j.task("call", due=DAY, outcomes=("Done",), within=timedelta.max, to="office@example.com"),
        lambda j: j.task("call", due=DAY, outcomes=("Done",), data={"t": "\0"}, to="office@example.com"),
        lambda j: j.task("call", due=DAY, outcomes=("Done",), to=ENDLESS),
        lambda j: j.set(company="null \0 byte"),
        lambda j: j.add_points(10**15, "too many"),
    ],
)
def test_what_cannot_be_done_or_stored_leaves_one_run_stuck_and_no_other(
    make_story: Callable[..., Story], wrong: Callable[[Journey], Any]
) -> None:
    async def fragile(j: Journey) -> str:
        await j.note("begins")
        if await j.check(Contact.company == "Acme"):
            await wrong(j)
            return "wrong done"
        await j.send("hello", data={"fine": True})
        await j.task("call", name="fine", due=DAY, outcomes=("Done",), within=WEEK, to="office@example.com")
        return "called"

    story = make_story(fragile)
    before, ann, after = (story.contact(f"{who}@example.com", company=who) for who in ("Before", "Acme", "After"))
    story.start("fragile", before, ann, after)
    assert [story.runs(who)[0][1] for who in (before, after)] == ["waiting for fine", "waiting for fine"]
    assert story.rows("SELECT status, stuck_reason <> '' FROM journey_run WHERE contact_id = :ann", ann=ann) == [
        ("stuck", True)
    ]
    assert story.rows("SELECT contact_id FROM message WHERE kind IN ('marketing', 'transactional') ORDER BY 1") == [
        (before,),
        (after,),
    ]
    lost = "SELECT count(*) FROM message m LEFT JOIN task t ON t.id = m.task_id WHERE m.kind = 'task' AND t.id IS NULL"
    assert story.one(lost) == 0
    assert story.one("SELECT count(*) FROM task") == story.one("SELECT count(*) FROM message WHERE kind = 'task'") == 2


@pytest.mark.parametrize("word", ["null \0 byte", "half \ud800 a pair", ""])
@pytest.mark.parametrize("how", ["returned", "raised"])
def test_words_that_cannot_be_stored_leave_the_run_stuck(make_story: Callable[..., Story], word: str, how: str) -> None:
    async def odd(j: Journey) -> str:
        await j.note("begins")
        if how == "raised":
            raise ValueError(word)
        return word

    story = make_story(odd)
    ann = story.contact()
    story.start("odd", ann)
    assert story.rows("SELECT status FROM journey_run") == [("stuck",)]


def test_a_journey_that_forgets_to_wait_in_a_loop_is_stopped(make_story: Callable[..., Story]) -> None:
    async def restless(j: Journey) -> str:
        while not await j.check(Contact.score >= 30):
            pass
        return "warm"

    async def calm(j: Journey) -> str:
        await j.note("here")
        return "calm"

    story = make_story(restless, calm)
    ann = story.contact()
    story.start("restless", ann)
    assert "without waiting" in story.runs(ann)[0][1]


def test_two_conditions_of_one_name_are_two_questions(make_story: Callable[..., Story]) -> None:
    async def asking(j: Journey) -> str:
        limit = 10 if await j.check(Contact.state == "CA") else 30
        return "warm" if await j.check(Contact.score >= limit, name="warm enough") else "cold"

    story = make_story(asking)
    ann = story.contact("ann@example.com", state="CA", score=20)
    bob = story.contact("bob@example.com", state="NY", score=20)
    story.start("asking", ann, bob)
    assert [story.runs(who)[0][1] for who in (ann, bob)] == ["warm", "cold"]


def test_two_lists_of_values_that_read_alike_are_set_apart(make_story: Callable[..., Story]) -> None:
    async def setting(j: Journey) -> str:
        if await j.check(Contact.state == "CA"):
            await j.set(company="Acme, city = Rome")
        else:
            await j.set(company="Acme", city="Rome")
        return "set"

    story = make_story(setting)
    ann, bob = story.contact("ann@example.com", state="CA"), story.contact("bob@example.com", state="NY")
    story.start("setting", ann, bob)
    assert [story.column(who, "company") for who in (ann, bob)] == ["Acme, city = Rome", "Acme"]


def test_an_event_that_cannot_be_reacted_to_holds_up_no_other(make_story: Callable[..., Story]) -> None:
    async def welcome(j: Journey) -> str:
        return "welcome"

    story = make_story(welcome, starts_on=("form_submitted:trial",))
    contacts = [story.contact(f"c{number}@example.com") for number in range(5)]
    for contact in contacts:
        data = f'{{"reference": "{ENDLESS}"}}' if contact == contacts[2] else "{}"
        store_event(story, "order_placed", None, contact, data)
        store_event(story, "form_submitted", "trial", contact)
    with engine().begin() as connection:
        assert react(connection, story.definitions, current_playbook(connection), story.now) == 10
    run_due(story.definitions, story.now)
    assert [story.runs(contact) for contact in contacts] == [[("welcome", "welcome")]] * 5
    assert story.one('SELECT count(*) FROM "order"') == 4
    (note,) = story.rows("SELECT contact_id, data ->> 'text' FROM event WHERE name = 'note_added'")
    assert note[0] == contacts[2]
    assert "order_placed" in note[1]
