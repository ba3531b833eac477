"""The testing kit: a trip tells what the runtime would do, and refuses what it cannot know."""

import sys
from datetime import timedelta

import pytest
from sqlalchemy import func
from sqlmodel import col

from flows.runtime import ActivityFailed, Definition, Journey, activity, hand_over
from flows.runtime.contract.ask import Ask
from flows.testing import SILENT, AnswerNeeded, a_contact, after, random_trips, scenarios, trip
from flows.testing.steps import PERFORMERS
from models import Contact, ProductTier, Stage, Suppression
from tests.trips.test_every_path import broken_promises

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


@scenarios("""
scenario           | first call                 | second call                | days | ends
-------------------|----------------------------|----------------------------|------|-------------------------------
qualified          | Had Call: Qualified Lead   | -                          | 0    | handed over to offer_sequence
unqualified        | Had Call: Unqualified Lead | -                          | 0    | handed over to reading_list
says no            | Had Call: Not Interested   | -                          | 0    | not interested
reached next week  | Could Not Reach: Try Again | Had Call: Qualified Lead   | 7    | handed over to offer_sequence
nobody calls       | silent                     | silent                     | 21   | handed over to reading_list
""")
def test_what_the_calls_decide(first_call: str, second_call: str | None, days: int, ends: str) -> None:
    told = trip("lead_qualification", answers={"first call": first_call, "second call": second_call})
    assert (told.last_day, told.ending) == (days, ends)


def test_a_trip_is_the_list_of_what_happened() -> None:
    told = trip("re_engagement", a_contact(), {"link_clicked:re_engagement/best_of or replied": "replied"})
    assert told == [
        (0, "mail re_engagement/still_interested"),
        (7, "link_clicked:re_engagement/still_interested or replied: silence"),
        (7, "mail re_engagement/best_of"),
        (8, "replied"),
        (8, "+10 points: came back after best_of"),
        (8, "ends: handed over to reading_list"),
    ]
    assert told.mails == [(0, "re_engagement/still_interested"), (7, "re_engagement/best_of")]
    assert told.points == 10
    assert "day   7  mail re_engagement/best_of" in repr(told)


def test_an_order_ends_it_on_its_day_and_closes_the_task() -> None:
    told = trip("lead_qualification", answers={"day 3": "order_placed:strategy-session"})
    assert (told.ending, told[-1]) == ("bought", (3, "ends: bought"))
    assert told.tasks == [(0, "first call")]


def test_it_follows_to_the_journeys_that_come_after() -> None:
    told = trip("lead_nurture", follow=True)
    assert (told.ending, told.outcome.endings["re_engagement"]) == (
        "handed over to re_engagement",
        "removed from the list",
    )
    assert told.contact["suppressed"] == Suppression.REMOVED
    assert told.last_day == 56


def test_what_they_had_before_is_not_sent_again() -> None:
    told = trip("long_term_follow_up", a_contact(was_sent=["long_term_follow_up/one_hour_a_month"]))
    assert told.mails[0] == (28, "long_term_follow_up/price_of_no")


def test_a_request_in_the_meantime_brings_the_call_at_once() -> None:
    told = trip(
        "lead_qualification",
        answers={"first call": "Could Not Reach: Try Again", "day 2": "form_submitted:request-info"},
    )
    assert told.tasks[:2] == [(0, "first call"), (2, "second call")]


def test_a_reply_in_the_meantime_lets_mails_rest_for_a_week() -> None:
    told = trip("lead_nurture", answers={"day 3": "replied"})
    assert told.mails[:2] == [(0, "lead_nurture/article_1"), (10, "lead_nurture/article_2")]


def test_an_answer_may_take_its_time_and_come_too_late() -> None:
    in_time = {"first call": after(5 * DAY, "Had Call: Not Interested")}
    assert trip("lead_qualification", answers=in_time)[-1] == (5, "ends: not interested")
    too_late = {"answer to offer": after(5 * DAY, "replied")}
    assert (4, "mail offer_sequence/case_study") in trip("offer_sequence", answers=too_late)


def test_a_function_may_answer() -> None:
    told = trip(
        "privacy_request", answers=lambda step: "Done and Answered" if step.name == "second reading" else SILENT
    )
    assert (told.last_day, told.ending) == (5, "answered")


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"frist call": "silent"}, "There is no step 'frist call'. Did you mean 'first call'?"),
        ({"first call": "Had Call: Qualifed Lead"}, "Did you mean 'Had Call: Qualified Lead'?"),
        ({"has an owner": "yes"}, "is answered by True or False, found 'yes'"),
        ({"a week after the first call": "replied", "first call": "Could Not Reach: Try Again"}, "takes no answer"),
    ],
)
def test_a_wrong_answer_is_refused(answers: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace("?", r"\?")):
        trip("lead_qualification", answers=answers)


def test_an_unknown_journey_or_column_is_refused() -> None:
    with pytest.raises(ValueError, match="Did you mean 'lead_nurture'"):
        trip("lead_nuture")
    with pytest.raises(ValueError, match="Did you mean 'stage'"):
        a_contact(stagee=Stage.SQL)


@activity()
def employees_of(company: str) -> int:
    """How many work there."""
    return len(company)


async def asks_much(j: Journey) -> str:
    """Awaits what the kit cannot work out."""
    if await j.check(func.now() > Contact.created_at, name="old enough"):
        return "old enough"
    try:
        return f"{await j.call(employees_of, 'Acme')} people"
    except ActivityFailed as failed:
        return str(failed)


def test_what_cannot_be_known_must_be_given() -> None:
    definition = Definition("asks_much", asks_much)
    with pytest.raises(AnswerNeeded, match=r"answers=\{'old enough': True\}"):
        trip(definition)
    with pytest.raises(AnswerNeeded, match="'employees_of'"):
        trip(definition, answers={"old enough": False})
    assert trip(definition, answers={"old enough": False, "employees_of": 12}).ending == "12 people"
    gone = {"old enough": False, "employees_of": ActivityFailed("it is down")}
    assert trip(definition, answers=gone).ending == "it is down"


CONDITIONS = [
    (Contact.score >= 30, True),
    (Contact.state == "CA", False),
    (Contact.state != "CA", False),  # null is neither equal nor different
    (col(Contact.state).is_(None), True),
    (col(Contact.state).is_distinct_from("CA"), True),
    (~(Contact.score >= 30), False),
    ((Contact.state == "CA") | (Contact.score >= 30), True),
    ((Contact.state == "CA") & (Contact.score >= 30), False),
    (col(Contact.stage).in_((Stage.SQL, Stage.SAL)), True),
    (col(Contact.stage).not_in((Stage.SQL,)), False),
    (col(Contact.company).startswith("Ac"), True),
    (col(Contact.employees).between(10, 50), True),
    (Contact.custom["challenge"].astext == "Customer loyalty", True),  # type: ignore[index]
    (Contact.custom["goal"].astext == "More", False),  # type: ignore[index]
    (func.lower(Contact.company) == "acme", True),
    (func.coalesce(Contact.state, "none") == "none", True),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS, ids=lambda value: str(value)[:60])
def test_a_condition_is_worked_out_as_in_sql(condition: object, expected: bool) -> None:
    async def asks(j: Journey) -> str:
        return "yes" if await j.check(condition) else "no"  # type: ignore[arg-type]

    contact = a_contact(
        score=30, stage=Stage.SQL, company="Acme", employees=12, custom={"challenge": "Customer loyalty"}
    )
    assert trip(Definition("asks", asks), contact).ending == ("yes" if expected else "no")


def test_what_they_have_bought_counts() -> None:
    assert trip("thank_you_note").ending == "on the list"
    assert trip("thank_you_note", a_contact(bought=[ProductTier.CORE])).tasks == [(0, "write_note")]


def test_every_verb_is_known_to_the_kit() -> None:
    """A verb that is added without a line here would break the trips of whoever uses it first."""

    def verbs(kind: type[Ask]) -> set[type[Ask]]:
        below = kind.__subclasses__()
        return {*below, *(one for sub in below for one in verbs(sub))}

    # A dataclass with slots is made of a class of the same name, which may be there as well until it is collected.
    found = {kind for kind in verbs(Ask) if kind.__module__.startswith("flows.runtime.verbs")}
    shipped = {kind for kind in found if getattr(sys.modules[kind.__module__], kind.__name__) is kind}
    assert shipped == set(PERFORMERS)


async def mails_after_a_no(j: Journey) -> str:
    """What no journey should do."""
    await j.route()
    if await j.task("call_lead", within=WEEK) == "Had Call: Not Interested":
        await j.send("one_more_try", transactional=True)
    return hand_over("lead_nurture")


async def calls_for_ever(j: Journey) -> str:
    """A loop that never waits."""
    while True:
        await j.note("again")


def test_random_trips_find_the_path_that_mails_after_a_no() -> None:
    found = broken_promises(random_trips(Definition("mails_after_a_no", mails_after_a_no), 50))
    assert list(found) == ["nobody_is_mailed_who_said_no"]
    assert "one_more_try" in repr(found)


async def pesters(j: Journey) -> str:
    """The same mail three times within an hour, and nowhere to go after that."""
    for _ in range(3):
        await j.send("buy_now")
        await j.wait(timedelta(minutes=20))
    return hand_over("nowhere")


async def waits_for_ever(j: Journey) -> str:
    """An event that never comes, without a deadline."""
    await j.wait_for("pigs_fly")
    return "flown"


def test_random_trips_find_the_other_broken_promises() -> None:
    found = broken_promises(random_trips(Definition("pesters", pesters), 50))
    assert set(found) == {"it_ends", "the_caps_hold", "no_mail_comes_twice"}
    assert "There is no journey 'nowhere'" in (found["it_ends"].stuck_reason or "")
    assert set(broken_promises(random_trips(Definition("waits_for_ever", waits_for_ever), 50))) == {"it_ends"}


def test_the_same_seed_gives_the_same_trips() -> None:
    first, second, other = (list(random_trips("offer_sequence", 20, seed=seed)) for seed in (1, 1, 2))
    assert first == second != other


def test_a_loop_that_never_waits_is_stuck() -> None:
    assert "without waiting" in (trip(Definition("calls_for_ever", calls_for_ever)).stuck_reason or "")


def test_a_table_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="Row 1 of the table has 1 cells, and there are 2 columns"):
        scenarios("a | b\n1")
    with pytest.raises(ValueError, match="at least one row of values"):
        scenarios("a | b")
