"""What of the stream of events counts in a split test, and what comes of it every night."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from flows.operations.judge_splits import evaluate_now, sentence
from flows.runtime import Journey
from models.database import engine
from models.playbook import BadPlaybook, load
from models.splits.combinations import amounts_paid, combination_counts
from models.splits.results import find_tests, read_draws, results
from models.splits.statistics.interval import Counts
from models.splits.statistics.winner_rule import SplitStatus
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.split_tests import (
    DAY,
    NOW,
    a_contact,
    a_draw,
    a_playbook,
    a_test,
    apply_split_tests,
    decide,
    draw_many,
    emit_event,
)
from tests.support.story import Story

LONG_AGO, TODAY = NOW - 60 * DAY, NOW.date()
BY_RULE = "  invitation: {goal: order_placed, within: 4w, lift: 20%, winner: by rule}"
GOAL_IS_A_CLICK = '  invitation: {goal: "link_clicked:guide", within: 1w}'


@pytest.fixture
def clicks(database_url: str, tmp_path: Path) -> None:
    """A test whose goal is a click on the guide within a week."""
    apply_split_tests(tmp_path, GOAL_IS_A_CLICK)
    a_test()


def test_only_the_goal_after_the_draw_in_time_and_by_a_person_counts(clicks: None) -> None:
    one = {
        "in time": (DAY, "guide", "{}"),
        "twice": (6 * DAY, "guide", "{}"),
        "before": (-DAY, "guide", "{}"),
        "too late": (8 * DAY, "guide", "{}"),
        "another link": (DAY, "news", "{}"),
        "a machine": (DAY, "guide", '{"is_machine": true}'),
    }
    for what, (later, topic, data) in one.items():
        contact = a_draw(a_contact(), "a", LONG_AGO)
        for _ in range(2 if what == "twice" else 1):
            emit_event(contact, "link_clicked", LONG_AGO + later, topic, data)

    assert decide().results.counts == {"a": Counts(6, 2), "b": Counts(0, 0)}


def test_contacts_count_once_their_time_is_over_and_however_they_ended(clicks: None) -> None:
    over, fresh, left = (a_draw(a_contact(), "b", at) for at in (NOW - 8 * DAY, NOW - DAY, NOW - 7 * DAY))
    emit_event(fresh, "link_clicked", NOW - DAY / 2, "guide")
    emit_event(over, "link_clicked", NOW - 7 * DAY, "guide")
    write("UPDATE contact SET suppressed = 'unsubscribed' WHERE id = :id", id=left)
    emit_event(left, "unsubscribed", NOW - 6 * DAY)

    found = decide().results

    assert found.counts["b"] == Counts(2, 1)
    assert found.pending["b"] == Counts(1, 1)
    assert found.guardrails["unsubscribed"]["b"] == Counts(3, 1)
    assert [(look.day, look.counts["b"].contacts) for look in found.looks] == [
        (TODAY - DAY, 1),
        (TODAY, 2),
    ]


def test_who_got_the_winner_or_was_drawn_again_is_not_compared(clicks: None) -> None:
    for how in ("winner", "redrawn", "drawn"):
        a_draw(a_contact(), "a", LONG_AGO, how=how)

    assert decide().results.counts["a"].contacts == 1
    assert decide().results.draws.drawn == {"a": 1, "b": 0}


def test_contacts_drawn_by_other_weights_are_left_out_and_the_split_is_checked_by_those_that_held(clicks: None) -> None:
    def group(weights: dict[str, float], variant: str, contacts: int, last: int) -> dict[str, object]:
        """Contacts drawn up to so many days ago."""
        days = {"first_at": NOW - (last + 9) * DAY, "last_at": NOW - last * DAY}
        return {"weights": weights, "variant": variant, "contacts": contacts, "recent": 0} | days

    three, even, odd = {"a": 1, "b": 1, "c": 2}, {"a": 50, "b": 50}, {"a": 1, "b": 3, "off": 0}
    draws = read_draws(
        [
            group(three, "a", 100, 60),
            group(three, "b", 110, 60),
            group(three, "c", 7, 60),
            group(even, "a", 40, 30),
            group(even, "b", 60, 31),
            group(odd, "a", 10, 1),
            group(odd, "b", 30, 2),
        ],
        NOW,
    )

    assert draws.shares == {"a": 0.25, "b": 0.75}
    assert draws.since == NOW - 30 * DAY
    assert draws.drawn == {"a": 150, "b": 200}
    # Who drew c, which is gone, may have been drawn again: of the others, half were due.
    assert draws.expected == {"a": 105 + 50 + 10, "b": 105 + 50 + 30}


def test_the_same_shares_in_other_numbers_are_no_change(clicks: None) -> None:
    a_draw(a_contact(), "a", LONG_AGO)
    a_draw(a_contact(), "b", LONG_AGO + DAY, weights='{"b": 50, "a": 50}')

    assert decide().results.draws.since is None
    assert decide().results.counts == {"a": Counts(1, 0), "b": Counts(1, 0)}


def test_two_tests_of_a_journey_fill_a_grid_with_whoever_is_in_both(clicks: None) -> None:
    a_test("subject", '{"x": 1, "y": 1}')
    for variant, subject, clicked in (("a", "x", True), ("a", "y", False), ("b", "x", True), ("a", "x", False)):
        contact = a_draw(a_contact(), variant, LONG_AGO)
        a_draw(contact, subject, LONG_AGO + DAY, "subject", weights='{"x": 1, "y": 1}')
        if clicked:
            emit_event(contact, "link_clicked", LONG_AGO + 2 * DAY, "guide")
    a_draw(a_contact(), "b", LONG_AGO)

    with engine().connect() as connection:
        entries = the_shipped_playbook().split_tests
        tests = {test.name: results(connection, test, entries, NOW) for test in find_tests(connection)}
        found = combination_counts(connection, decide().results, tests["subject"], NOW)

    assert found == {("a", "x"): Counts(2, 1), ("a", "y"): Counts(1, 0), ("b", "x"): Counts(1, 1)}


def test_what_contacts_paid_is_summed_per_contact_and_nothing_counts_as_zero(clicks: None) -> None:
    contacts = [a_draw(a_contact(), variant, LONG_AGO) for variant in ("a", "a", "b", "b")]
    orders = [(0, 10, 1), (0, 30, 2), (2, 99, 9), (3, 5, 1)]
    for number, (place, amount, day) in enumerate(orders):
        write(
            'INSERT INTO "order" (contact_id, event_id, amount, currency, placed_at) '
            "VALUES (:contact, :event, :amount, 'USD', :at)",
            contact=contacts[place],
            event=number,
            amount=amount,
            at=LONG_AGO + day * DAY,
        )

    with engine().connect() as connection:
        found = amounts_paid(connection, decide().results, NOW)

    amounts = found["USD"]
    assert {variant: (one.contacts, one.total, one.mean) for variant, one in amounts.items()} == {
        "a": (2, 40.0, 20.0),
        "b": (2, 5.0, 2.5),
    }
    assert amounts["a"].variance == pytest.approx(800)


def test_a_clear_winner_is_settled_by_rule_once_with_all_figures(database_url: str, tmp_path: Path) -> None:
    apply_split_tests(tmp_path, BY_RULE)
    a_test()
    draw_many("a", 400, 80)
    draw_many("b", 400, 160)

    night, again = evaluate_now(NOW), evaluate_now(NOW + DAY)

    assert night.won == {"invitation": "b"}
    assert again.won == {}
    assert sentence(night) == "1 split tests judged; “b” wins “invitation”"
    ((winner, by, reason),) = rows("SELECT winner, winner_by, winner_reason FROM split_test")
    assert (winner, by) == ("b", "rule")
    assert reason.startswith("“b” 40.0% (160 of 400) against “a” 20.0% (80 of 400); always-valid p < 0.001;")


def test_no_winner_by_rule_where_a_person_decides_or_the_split_is_broken_or_it_is_a_holdout(
    database_url: str, tmp_path: Path
) -> None:
    entry = "{goal: order_placed, within: 4w, lift: 20%, winner: by rule}"
    apply_split_tests(tmp_path, f"  invitation: {{lift: 20%, winner: by a person}}\n  broken: {entry}\n  held: {entry}")
    for name in ("invitation", "broken", "held"):
        a_test(name, is_holdout=name == "held")
        draw_many("a", 400, 80, test=name)
        draw_many("b", 520 if name == "broken" else 400, 180, test=name)

    night = evaluate_now(NOW)

    assert night.won == {}
    assert [one.test.name for one in night.mismatched] == ["broken"]
    assert sentence(night) == "3 split tests judged; the draw of “broken” is broken, see /splits"
    assert decide("invitation").evaluation.winner == "b"


def test_a_variant_that_the_journey_let_go_does_not_win(database_url: str, tmp_path: Path) -> None:
    apply_split_tests(tmp_path, BY_RULE)
    a_test()
    draw_many("a", 400, 80)
    draw_many("b", 400, 160)
    write("""UPDATE split_test SET weights = '{"a": 1, "c": 1}'""")

    assert evaluate_now(NOW).won == {}


def test_a_test_nobody_came_to_waits(database_url: str) -> None:
    apply_playbook()
    a_test()

    assert decide().evaluation.status is SplitStatus.WAITING
    assert decide().results.counts == {}
    with engine().connect() as connection:
        assert find_tests(connection, "a\0b") == []


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{lift: 0%}", "0% was found, 0.1% to 50% of all contacts were expected"),
        ("{lift: 60%}", "60% was found, 0.1% to 50% of all contacts were expected"),
        ("{within: 5m}", "an hour to a year was expected"),
        ("{goal: email_delivered}", "email_delivered is no event"),
        ("{goal: unsubscribed}", "unsubscribed is the goal as well"),
        ("{guardrails: [unsubscribed, unsubscribed]}", "unsubscribed stands here a second time"),
        ("{winner: by chance}", "by chance"),
    ],
)
def test_split_tests_that_mean_nothing_are_refused_with_their_place(tmp_path: Path, entry: str, told: str) -> None:
    with pytest.raises(BadPlaybook, match="split_tests") as refused:
        load(a_playbook(tmp_path, f"  invitation: {entry}"))

    assert told in str(refused.value)


def test_a_look_takes_no_time_zone_for_granted(clicks: None) -> None:
    a_draw(a_contact(), "a", NOW - 7 * DAY - timedelta(hours=11))
    a_draw(a_contact(), "a", NOW - 7 * DAY - timedelta(hours=13))

    assert [look.day for look in decide().results.looks] == [TODAY - DAY, TODAY]


async def invites(j: Journey) -> str:
    """Two invitations, one of which each contact gets."""
    await j.split("invitation", {"a": 1, "b": 1})
    await j.wait(timedelta(weeks=1))
    return "invited"


def test_what_a_journey_drew_is_what_is_judged(make_story: Callable[..., Story], tmp_path: Path) -> None:
    apply_split_tests(tmp_path, "  invitation: {goal: replied, within: 1w}")
    story = make_story(invites)
    contacts = [story.contact(f"c{number}@example.com") for number in range(12)]
    story.start("invites", *contacts)
    story.pass_time(DAY)
    story.happens("replied", contact=contacts[0])
    story.pass_time(7 * DAY)

    found = decide(now=story.now).results

    assert sum(found.counts.values(), Counts()) == Counts(12, 1)
    assert found.draws.expected == {"a": 6.0, "b": 6.0}
