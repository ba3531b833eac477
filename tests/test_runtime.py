"""What the runtime promises to the author of a journey."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flows.runtime import Journey, activity, hand_over
from flows.runtime.definition import Body, Definition, Reentry
from flows.runtime.draw import draw
from flows.runtime.flowchart import mermaid
from models import Contact, Stage
from models.moving_on import end, start_over, try_again
from tests.playbooks import apply_playbook
from tests.story import MONDAY, Story

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def tell(database_url: str) -> Callable[..., Story]:
    """A story with the journeys that a test hands in."""
    apply_playbook()

    def begin(*bodies: Body, **settings: Any) -> Story:
        return Story({body.__name__: Definition(body.__name__, body, **settings) for body in bodies})

    return begin


async def two_mails(j: Journey) -> str:
    await j.send("first")
    await j.wait(WEEK)
    await j.send("second")
    return "told twice"


def test_a_journey_goes_on_where_it_was_a_week_later(tell: Callable[..., Story]) -> None:
    story = tell(two_mails)
    ann = story.contact()
    story.start("two_mails", ann)
    story.pass_time(6 * DAY)
    assert story.mails(ann) == [(0, "two_mails/first")]
    story.pass_time(DAY)
    assert story.mails(ann) == [(0, "two_mails/first"), (7, "two_mails/second")]
    assert story.runs(ann) == [("two_mails", "told twice")]


def test_starting_again_with_the_same_key_changes_nothing(tell: Callable[..., Story]) -> None:
    story = tell(two_mails)
    ann = story.contact()
    assert [story.start("two_mails", ann, key="form 7") for _ in range(2)] == [1, 0]
    story.pass_time(WEEK)
    assert story.start("two_mails", ann, key="form 7") == 0
    assert len(story.mails(ann)) == 2


@pytest.mark.parametrize(
    ("reentry", "while_open", "after_end"), [("never", 0, 0), ("after_end", 0, 1), ("always", 1, 1)]
)
def test_reentry(tell: Callable[..., Story], reentry: str, while_open: int, after_end: int) -> None:
    story = tell(two_mails, reentry=Reentry(reentry))
    ann = story.contact()
    assert story.start("two_mails", ann, key="first") == 1
    assert story.start("two_mails", ann, key="second") == while_open
    story.pass_time(WEEK)
    assert story.start("two_mails", ann, key="third") == after_end


def test_a_changed_journey_is_stuck_and_goes_on_when_the_old_step_is_back(tell: Callable[..., Story]) -> None:
    async def changed(j: Journey) -> str:
        await j.send("other")
        await j.wait(WEEK)
        return "changed"

    story = tell(two_mails)
    ann = story.contact()
    story.start("two_mails", ann)
    old = story.definitions
    story.definitions = {"two_mails": Definition("two_mails", changed)}
    story.pass_time(WEEK)
    (_, reason) = story.runs(ann)[0]
    assert "step 1 was 'send first', the code now says 'send other'" in reason
    story.definitions = old
    move(story, try_again)
    assert story.mails(ann) == [(0, "two_mails/first"), (7, "two_mails/second")]


def test_a_journey_that_now_ends_early_is_changed_too(tell: Callable[..., Story]) -> None:
    async def shorter(j: Journey) -> str:
        return "nothing to do"

    story = tell(two_mails)
    ann = story.contact()
    story.start("two_mails", ann)
    story.definitions = {"two_mails": Definition("two_mails", shorter)}
    story.pass_time(WEEK)
    assert "the code now says 'the end'" in story.runs(ann)[0][1]


def move(story: Story, how: Callable[..., int], *more: Any) -> None:
    """What ops do with all stuck runs."""
    from flows.runtime.virtual_time import settle
    from models.database import engine

    with engine().begin() as connection:
        stuck = [row[0] for row in story.rows("SELECT id FROM journey_run WHERE status = 'stuck'")]
        how(connection, stuck, *more, story.now)
    settle(story.definitions, story.now)


def test_a_raising_run_is_stuck_with_the_last_line_and_all_others_go_on(tell: Callable[..., Story]) -> None:
    async def fragile(j: Journey) -> str:
        await j.send("hello")
        if await j.check(Contact.company == "Acme"):
            raise KeyError("no price list for Acme")
        return "fine"

    story = tell(fragile)
    ann, bob = story.contact("ann@example.com", company="Acme"), story.contact("bob@example.com", company="Other")
    story.start("fragile", ann, bob)
    assert story.runs(bob) == [("fragile", "fine")]
    _, reason = story.runs(ann)[0]
    assert reason.startswith("KeyError: 'no price list for Acme' (test_runtime.py, line ")
    assert len(story.mails(ann)) == 1
    move(story, end, "written off")
    assert story.runs(ann) == [("fragile", "written off")]


def test_a_stuck_run_keeps_the_answer_that_it_could_not_take_in(tell: Callable[..., Story]) -> None:
    broken = [True]

    async def picky(j: Journey) -> str:
        came = await j.wait_for("replied", within=WEEK)
        if broken[0]:
            raise ValueError("not yet")
        return came or "silence"

    story = tell(picky)
    ann = story.contact()
    story.start("picky", ann)
    story.happens("replied", contact=ann)
    assert "not yet" in story.runs(ann)[0][1]
    broken[0] = False
    move(story, try_again)
    assert story.runs(ann) == [("picky", "replied")]


def test_starting_over_begins_from_the_top(tell: Callable[..., Story]) -> None:
    async def unlucky(j: Journey) -> str:
        await j.send("hello")
        raise ValueError("bad luck")

    story = tell(unlucky)
    ann = story.contact()
    story.start("unlucky", ann)
    story.definitions = {"unlucky": Definition("unlucky", two_mails)}
    move(story, start_over)
    assert [state for _, state in story.runs(ann)] == ["started over", "waiting for 7 days"]


def test_a_foreign_await_is_refused_with_what_to_do(tell: Callable[..., Story]) -> None:
    async def sleepy(j: Journey) -> str:
        await asyncio.sleep(0)
        return "rested"

    story = tell(sleepy)
    ann = story.contact()
    story.start("sleepy", ann)
    assert "put work outside the journey into an activity" in story.runs(ann)[0][1]


def test_a_pause_cannot_be_swallowed(tell: Callable[..., Story]) -> None:
    async def careless(j: Journey) -> str:
        try:
            await j.wait(WEEK)
        except Exception:
            return "swallowed"
        return "waited"

    story = tell(careless)
    ann = story.contact()
    story.start("careless", ann)
    story.pass_time(WEEK)
    assert story.runs(ann) == [("careless", "waited")]


def test_a_path_without_ending_is_stuck_and_found_beforehand(tell: Callable[..., Story]) -> None:
    async def endless(j: Journey) -> str:  # type: ignore[return]
        if await j.check(Contact.score >= 30):
            return "warm"

    story = tell(endless)
    ann = story.contact()
    story.start("endless", ann)
    assert "Give every path a return" in story.runs(ann)[0][1]
    assert any("'no' to check score >= 30" in problem for problem in draw(story.definitions["endless"]).problems)


def test_an_outcome_that_the_code_does_not_name_is_found_beforehand() -> None:
    async def forgetful(j: Journey) -> str:
        match await j.task("call", due=DAY, outcomes=("Reached", "Not reached")):
            case "Reached":
                return "talked"
        return "no talk"

    problems = list(draw(Definition("forgetful", forgetful)).problems)
    assert problems == [
        "forgetful: task call may have the outcome 'Not reached', which the code does not name. "
        "Say what comes next for it."
    ]


def test_a_loop_without_a_way_out_is_found_beforehand() -> None:
    async def forever(j: Journey) -> str:
        while True:
            await j.wait(WEEK)

    assert any("no way leads to an ending" in problem for problem in draw(Definition("forever", forever)).problems)


def test_the_map_joins_paths_and_labels_ways() -> None:
    async def branching(j: Journey) -> str:
        if await j.check(Contact.score >= 30):
            await j.send("offer")
        return hand_over("lead_nurture")

    drawn = mermaid(draw(Definition("branching", branching, ("form_submitted:trial",))))
    assert 'n1{"check score >= 30"}' in drawn
    assert "n1 --> |yes| n2" in drawn
    assert "n2 --> n3" in drawn


def test_wait_for_tells_which_event_came_first(tell: Callable[..., Story]) -> None:
    async def patient(j: Journey) -> str:
        return await j.wait_for("replied", "page_visited:order", within=WEEK) or "silence"

    story = tell(patient)
    ann, bob, eve = (story.contact(f"{name}@example.com") for name in ("ann", "bob", "eve"))
    story.start("patient", ann, bob, eve)
    story.happens("page_visited", "pricing", contact=ann)
    story.happens("page_visited", "order", contact=ann)
    story.happens("replied", contact=bob)
    story.pass_time(WEEK)
    story.happens("replied", contact=eve)
    assert [story.runs(who)[0][1] for who in (ann, bob, eve)] == ["page_visited:order", "replied", "silence"]


def test_an_event_after_the_deadline_does_not_count_though_nobody_was_awake(tell: Callable[..., Story]) -> None:
    async def patient(j: Journey) -> str:
        return await j.wait_for("replied", within=WEEK) or "silence"

    story = tell(patient)
    ann = story.contact()
    story.start("patient", ann)
    story.now += 2 * WEEK
    story.happens("replied", contact=ann)
    assert story.runs(ann) == [("patient", "silence")]


def test_facts_go_through_the_journey_and_are_kept_with_what_decided_them(tell: Callable[..., Story]) -> None:
    async def curious(j: Journey) -> str:
        warm = await j.check((Contact.score >= 30) & (Contact.state == "CA"))
        return "warm" if warm else "cold"

    story = tell(curious)
    ann = story.contact(score=20, state="CA")
    story.start("curious", ann)
    fact = story.one("SELECT fact FROM step")
    assert fact == {"score": "20.00", "state": "CA"}
    assert story.runs(ann) == [("curious", "cold")]


def test_set_writes_columns_custom_fields_and_the_moment_of_a_stage(tell: Callable[..., Story]) -> None:
    async def learning(j: Journey) -> str:
        await j.set(stage=Stage.SQL, industry="Retail", challenge="Customer loyalty")
        return "learned" if await j.check(Contact.custom["challenge"].astext == "Customer loyalty") else "forgotten"

    story = tell(learning)
    ann = story.contact()
    story.start("learning", ann)
    assert story.runs(ann) == [("learning", "learned")]
    assert story.column(ann, "sql_at") == MONDAY
    assert story.column(ann, "industry") == "Retail"


@pytest.mark.parametrize("fields", [{"nonsense": 1}, {"employees": "many"}, {"stage": "friend"}, {"id": 7}])
def test_setting_what_cannot_be_is_stuck_with_a_sentence(tell: Callable[..., Story], fields: dict[str, Any]) -> None:
    async def wrong(j: Journey) -> str:
        await j.set(**fields)
        return "set"

    story = tell(wrong)
    ann = story.contact()
    story.start("wrong", ann)
    assert story.runs(ann)[0][1].startswith("WrongField: ")


def test_points_are_explained_and_kept_on_run_and_contact(tell: Callable[..., Story]) -> None:
    async def scoring(j: Journey) -> str:
        await j.add_points(10, "read the guide")
        await j.add_points(5, "came back")
        return "scored"

    story = tell(scoring)
    ann = story.contact(score=7)
    story.start("scoring", ann)
    assert story.column(ann, "score") == 22
    assert story.one("SELECT points FROM journey_run") == 15
    assert story.rows("SELECT points::int, why FROM score_entry ORDER BY id") == [
        (10, "read the guide"),
        (5, "came back"),
    ]


def test_routing_takes_turns_and_keeps_owners(tell: Callable[..., Story]) -> None:
    async def routed(j: Journey) -> str:
        return await j.route("inbound")

    story = tell(routed)
    contacts = [story.contact(f"c{number}@example.com") for number in range(7)]
    story.start("routed", *contacts)
    owners = [story.runs(contact)[0][1].split()[0] for contact in contacts]
    assert owners == ["Sarah", "John", "Mike", "Sarah", "John", "Mike", "Sarah"]
    story.start("routed", contacts[0], key="again")
    assert story.runs(contacts[0])[-1][1] == "Sarah Miller"


def test_a_router_that_does_not_exist_leaves_the_run_stuck(tell: Callable[..., Story]) -> None:
    async def lost(j: Journey) -> str:
        return await j.route("moon")

    story = tell(lost)
    ann = story.contact()
    story.start("lost", ann)
    assert story.runs(ann)[0][1] == "There is no router 'moon'. Add it to the playbook and apply that."


def test_start_and_note_and_hand_over(tell: Callable[..., Story]) -> None:
    async def parent(j: Journey) -> str:
        await j.note("met at the fair")
        await j.start("two_mails")
        return hand_over("child")

    async def child(j: Journey) -> str:
        return "grown up"

    story = tell(parent, child, two_mails)
    ann = story.contact()
    story.start("parent", ann)
    assert sorted(story.runs(ann)) == [
        ("child", "grown up"),
        ("parent", "handed over to child"),
        ("two_mails", "waiting for 7 days"),
    ]
    assert story.one("SELECT data ->> 'text' FROM event WHERE name = 'note_added'") == "met at the fair"


def test_handing_over_to_nobody_is_stuck(tell: Callable[..., Story]) -> None:
    async def parent(j: Journey) -> str:
        return hand_over("nowhere")

    story = tell(parent)
    ann = story.contact()
    story.start("parent", ann)
    assert story.runs(ann)[0][1] == "There is no journey 'nowhere'. There are: parent."


def test_a_task_for_an_owner_that_nobody_is_says_what_to_do(tell: Callable[..., Story]) -> None:
    async def asking(j: Journey) -> str:
        return await j.task("call", due=DAY, outcomes=("Done",)) or "silence"

    story = tell(asking)
    ann = story.contact()
    story.start("asking", ann)
    assert "Await j.route() before it" in story.runs(ann)[0][1]


def test_a_task_can_go_to_any_address(tell: Callable[..., Story]) -> None:
    async def asking(j: Journey) -> str:
        return await j.task("thank_you_note", due=DAY, outcomes=("Written",), to="office@example.com") or "silence"

    story = tell(asking)
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
    tell: Callable[..., Story], suppressed: str | None, marketing: int, transactional: int
) -> None:
    async def pushy(j: Journey) -> str:
        await j.send("news")
        await j.send("receipt", transactional=True)
        return "sent"

    story = tell(pushy)
    ann = story.contact(suppressed=suppressed)
    story.start("pushy", ann)
    templates = [template for _, template in story.mails(ann)]
    assert (templates.count("pushy/news"), templates.count("pushy/receipt")) == (marketing, transactional)


def test_an_order_that_is_stored_but_not_reacted_to_stops_the_next_mail(tell: Callable[..., Story]) -> None:
    from flows.runtime.turn import take_turn
    from models.database import engine

    story = tell(two_mails, ends_on={"order_placed": "bought"})
    ann = story.contact()
    story.start("two_mails", ann)
    story.write("INSERT INTO event (name, contact_id, at) VALUES ('order_placed', :ann, now())", ann=ann)
    with engine().begin() as connection:
        take_turn(connection, story.definitions["two_mails"], story.definitions, story.now + WEEK)
    assert story.runs(ann) == [("two_mails", "bought")]
    assert len(story.mails(ann)) == 1


@activity(retries=2, pause=timedelta(seconds=0))
def look_up(company: str) -> dict[str, int]:
    """How many people work there."""
    if company == "Unknown":
        raise LookupError(f"nobody has heard of {company}")
    return {"employees": 40}


def test_an_activity_is_queued_and_its_result_comes_back(tell: Callable[..., Story]) -> None:
    async def asking(j: Journey) -> str:
        found = await j.call(look_up, "Acme")
        return f"{found['employees']} people"

    story = tell(asking)
    ann = story.contact()
    story.start("asking", ann)
    (activity_id, name), *_ = story.rows("SELECT id, name FROM activity")
    assert name.endswith("test_runtime:look_up")
    story.happens("activity_done", str(activity_id), contact=ann, data={"result": {"employees": 40}})
    assert story.runs(ann) == [("asking", "40 people")]


def test_a_thousand_contacts_move_together(tell: Callable[..., Story]) -> None:
    story = tell(two_mails)
    story.write("INSERT INTO contact (email) SELECT 'c' || i || '@example.com' FROM generate_series(1, 2500) i")
    contacts = [row[0] for row in story.rows("SELECT id FROM contact")]
    story.start("two_mails", *contacts)
    story.pass_time(WEEK)
    assert story.rows("SELECT ending, count(*) FROM journey_run GROUP BY 1") == [("told twice", 2500)]
    assert story.one("SELECT count(DISTINCT key) FROM message") == 5000


def test_a_rehearsal_tells_how_many_open_runs_fit_changed_code(tell: Callable[..., Story]) -> None:
    from flows.runtime.rehearse import rehearse
    from models.database import engine

    async def renamed(j: Journey) -> str:
        await j.send("first")
        await j.wait(WEEK, name="a good while")
        return "changed"

    story = tell(two_mails)
    story.start("two_mails", story.contact("ann@example.com"), story.contact("bob@example.com"))
    with engine().connect() as connection:
        assert [fit.fits for fit in rehearse(connection, story.definitions)] == [2]
        changed = {"two_mails": Definition("two_mails", renamed)}
        (fit,) = rehearse(connection, changed)
    assert fit.misfits == {("7 days", "it waits at '7 days', the code now says 'a good while'"): 2}


def test_a_stage_never_falls(tell: Callable[..., Story]) -> None:
    async def late_call(j: Journey) -> str:
        await j.set(stage=Stage.SQL)
        return "called"

    story = tell(late_call)
    ann = story.contact(stage="customer")
    story.start("late_call", ann)
    assert (story.column(ann, "stage"), story.column(ann, "sql_at")) == ("customer", None)


def test_an_early_ending_cannot_hand_over() -> None:
    with pytest.raises(ValueError, match="Let the other journey start on that event itself"):
        Definition("two_mails", two_mails, ends_on={"order_placed": hand_over("welcome")})


def test_handing_over_to_what_is_taken_only_once_is_found_beforehand() -> None:
    from flows.runtime.rehearse import problems

    async def parent(j: Journey) -> str:
        return hand_over("two_mails")

    once = Definition("two_mails", two_mails, reentry=Reentry.NEVER)
    (problem,) = problems({"parent": Definition("parent", parent), "two_mails": once})
    assert problem.startswith("parent: hands over to two_mails, which a contact takes only once")
