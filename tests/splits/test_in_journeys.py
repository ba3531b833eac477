"""Split tests in journeys: each contact keeps a variant, mails are tried without a branch, and live runs go on."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from flows.runtime import Journey
from flows.runtime.checks.all_rules import find_findings, find_problems, look_at
from flows.runtime.checks.mail_rules import MAIL_RULES
from flows.runtime.checks.name_rules import NAME_RULES
from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.flowchart import render_mermaid
from flows.runtime.maps.journey_map import build_map
from flows.runtime.prefect_flow import discover
from flows.runtime.replay_check import replay_open_runs
from models import Suppression
from models.database import engine
from tests.support.playbook import the_shipped_playbook
from tests.support.story import Story, two_mails

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
EVEN = {"times": 1, "calendar": 1}


async def invitation(j: Journey) -> str:
    await j.send(await j.split("call invitation", EVEN))
    await j.wait(WEEK)
    return "invited"


async def reminder(j: Journey) -> str:
    variant = await j.split("call invitation", EVEN)
    return f"reminded of the {variant}"


async def offer(j: Journey) -> str:
    await j.send(
        "offer",
        subjects={"plain": None, "question": "What would you change, {{ contact.first_name }}?"},
        templates={"offer": 1, "offer_short": 1},
    )
    await j.wait(WEEK)
    return "offered"


def test_a_contact_keeps_the_variant_over_entries_and_journeys(make_story: Callable[..., Story]) -> None:
    story = make_story(invitation, reminder)
    ann = story.contact()
    story.start("invitation", ann)
    story.pass_time(WEEK)
    story.start("invitation", ann, key="again")
    story.start("reminder", ann)
    (_, first), (_, second) = story.mails(ann)
    variant = first.removeprefix("invitation/")
    assert second == first
    assert story.runs(ann)[-1] == ("reminder", f"reminded of the {variant}")
    drawn = story.rows("SELECT test, variant, how, draw BETWEEN 0 AND 1, weights, run_id, at FROM split_draw")
    assert drawn == [("call invitation", variant, "drawn", True, EVEN, 1, story.begin)]
    assert story.rows("SELECT fact FROM step WHERE verb = 'split' ORDER BY run_id") == [
        ({"how": "drawn"},),
        ({"how": "drawn", "kept": True},),
        ({"how": "drawn", "kept": True},),
    ]


def test_a_test_that_cannot_be_drawn_is_a_stuck_run_and_found_beforehand(make_story: Callable[..., Story]) -> None:
    async def nobody(j: Journey) -> str:
        return await j.split("call invitation", {"times": 0})

    story = make_story(nobody)
    ann = story.contact()
    story.start("nobody", ann)
    assert "has the weights {'times': 0}" in story.runs(ann)[0][1]
    assert any("has the weights" in str(problem) for problem in build_map(story.definitions["nobody"]).problems)


def test_subjects_and_templates_of_one_mail_are_tried_without_a_branch(make_story: Callable[..., Story]) -> None:
    story = make_story(offer)
    contacts = [story.contact(f"{number}@example.com") for number in range(200)]
    story.start("offer", *contacts)
    sent = Counter(story.rows("SELECT template, subject_template FROM message"))
    texts = [None, "What would you change, {{ contact.first_name }}?"]
    assert set(sent) == {(f"offer/{mail}", text) for mail in ("offer", "offer_short") for text in texts}
    assert story.rows("""
        SELECT DISTINCT m.template = 'offer/' || t.variant AND (m.subject_template IS NULL) = (s.variant = 'plain')
                        AND step.fact = jsonb_build_object('template', t.variant, 'subject', s.variant)
        FROM message m JOIN step USING (run_id)
        JOIN split_draw t ON t.contact_id = m.contact_id AND t.test = 'offer/offer template'
        JOIN split_draw s ON s.contact_id = m.contact_id AND s.test = 'offer/offer subject'
    """) == [(True,)]
    assert [step[:2] for step in story.steps(contacts[0])] == [("send", "offer")]
    assert "split" not in render_mermaid(build_map(story.definitions["offer"]))


def test_who_gets_no_mail_is_in_no_test_of_it(make_story: Callable[..., Story]) -> None:
    story = make_story(offer)
    left = story.contact("left@example.com", suppressed=Suppression.UNSUBSCRIBED)
    story.start("offer", left, story.contact(None, phone="+14155550123"))
    assert story.one("SELECT count(*) FROM split_draw") == 0


def test_a_share_may_stand_beside_a_subject(make_story: Callable[..., Story]) -> None:
    async def lopsided(j: Journey) -> str:
        await j.send("offer", subjects={"plain": None, "new": ("New", 0)}, name="the offer")
        return "offered"

    story = make_story(lopsided)
    story.start("lopsided", *(story.contact(f"{number}@example.com") for number in range(20)))
    assert story.rows("SELECT DISTINCT test, variant FROM split_draw") == [("lopsided/the offer subject", "plain")]


@pytest.mark.parametrize("before", ["times", None])
def test_a_test_that_says_what_was_before_it_lets_live_runs_go_on(
    make_story: Callable[..., Story], before: str | None
) -> None:
    async def changed(j: Journey) -> str:
        await j.send("first")
        match await j.split("length of the wait", {"times": 1, "calendar": 1}, before=before):
            case "times" | "calendar":
                await j.wait(WEEK)
        await j.send("second")
        return "told twice"

    story = make_story(two_mails)
    ann = story.contact()
    story.start("two_mails", ann)
    story.definitions = {"two_mails": Definition("two_mails", changed)}
    with engine().connect() as connection:
        (fit,) = replay_open_runs(connection, story.definitions)
    story.pass_time(WEEK)
    assert fit.matching == (before is not None)
    assert (story.runs(ann) == [("two_mails", "told twice")]) == (before is not None)
    # What is passed by takes no number: mails and steps are still told by the same one.
    assert story.rows("SELECT key FROM message ORDER BY id") == [("1:1",), ("1:3",)][: 1 + (before is not None)]
    # Whoever comes next is drawn.
    bob = story.contact("bob@example.com")
    story.start("two_mails", bob)
    assert story.rows("SELECT contact_id FROM split_draw") == [(bob,)]


@pytest.mark.parametrize(("variant", "mail"), [("times", "call_times"), ("calendar", "call_invitation")])
def test_the_invitation_to_a_call_is_by_times_or_by_calendar(
    make_story: Callable[..., Story], variant: str, mail: str
) -> None:
    story = make_story()
    story.definitions = discover()
    story.write(
        "INSERT INTO split_test (name, journey, weights, started_at, winner) "
        "VALUES ('call invitation', 'offer_sequence', '{}', now(), :variant)",
        variant=variant,
    )
    ann = story.contact(score=30)
    story.start("offer_sequence", ann)
    story.pass_time(17 * DAY)
    assert story.mails(ann)[-1] == (16, f"offer_sequence/{mail}")
    days = story.one("SELECT data -> 'days' FROM message ORDER BY id DESC LIMIT 1")
    assert days == (["Tuesday 24 March", "Wednesday 25 March", "Thursday 26 March"] if variant == "times" else None)
    story.happens("form_submitted", "book-call", contact=ann)
    assert story.runs(ann)[0] == ("offer_sequence", "handed over to lead_qualification")


def test_what_was_before_must_be_a_variant() -> None:
    async def wrong(j: Journey) -> str:
        return await j.split("call invitation", EVEN, before="phone")

    (problem,) = map(str, build_map(Definition("wrong", wrong)).problems)
    assert "everybody is said to have had 'phone', which is no variant of it. Take one of: times, calendar" in problem


def test_the_map_shows_a_split_and_that_the_code_mistook_its_variants() -> None:
    async def mistaken(j: Journey) -> str:
        if await j.split("call invitation", EVEN) == "time":
            return "times"
        return "calendar"

    assert 'n1{{"split call invitation"}}' in render_mermaid(build_map(Definition("reminder", reminder)))
    assert [
        str(problem).partition(", which")[0] for problem in build_map(Definition("mistaken", mistaken)).problems
    ] == [
        "mistaken: split call invitation may have the outcome 'times'",
        "mistaken: split call invitation may have the outcome 'calendar'",
    ]


def test_one_test_in_two_journeys_has_the_same_variants() -> None:
    async def other(j: Journey) -> str:
        return await j.split("call invitation", {"times": 1, "phone": 1})

    definitions = {body.__name__: Definition(body.__name__, body) for body in (reminder, other)}
    assert find_problems(definitions) == [
        "other: the split test 'call invitation' has the weights {'times': 1, 'phone': 1}, but in reminder it has "
        "{'times': 1, 'calendar': 1}. Write them once for both, or give one test another name."
    ]


def test_mails_subjects_and_tests_behind_which_there_is_nothing_are_found_beforehand() -> None:
    async def offer_sequence(j: Journey) -> str:
        await j.send("offer", subjects={"odd": "{{ contact.first_name", "own": None}, templates={"offer": 1, "none": 1})
        return "offered"

    definitions = {"offer_sequence": Definition("offer_sequence", offer_sequence)}
    found = "\n".join(map(str, find_findings(look_at(definitions, the_shipped_playbook()), (*NAME_RULES, *MAIL_RULES))))
    assert "send offer needs templates/mail/offer_sequence/none.html, which is not there" in found
    assert "send offer has the subject '{{ contact.first_name' for 'odd', which cannot be read" in found
    assert "The playbook judges the split test 'call invitation', which no journey has" in found
