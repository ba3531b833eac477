"""When owners are asked about their leads, and when no longer."""

from datetime import timedelta

import pytest

from models.tables.feedback import FeedbackResult
from tests.support.feedback import JOHN, PAT, SARAH, FeedbackStory

pytestmark = pytest.mark.usefixtures("database_url")

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
SILENT = {"remind_after": [], "notify_manager_after": None, "give_up_after": "1d"}
"""No reminders: a request that nobody answers is given up the day after."""
PLAIN = {"cycles": [], "every": None, **SILENT}


def test_whoever_gets_a_lead_is_asked_in_the_morning_of_the_day_that_the_playbook_says() -> None:
    story = FeedbackStory(after=["2d"], cycles=[], every=None)
    story.lead_of(SARAH)
    story.pass_time(timedelta(hours=44))
    assert story.asked() == []
    story.pass_time(timedelta(hours=4))
    assert story.asked() == [(2, "sarah", 1)]
    (sent,) = story.rows("SELECT queued_at AT TIME ZONE 'America/New_York' FROM message")[0]
    assert f"{sent:%a %H:%M}" == "Wed 09:00"


def test_once_is_once() -> None:
    story = FeedbackStory(**PLAIN | {"after": ["1d"]})
    ann = story.lead_of(SARAH)
    story.pass_time(8 * WEEK)
    assert [day for day, _, _ in story.asked()] == [1]
    assert story.feedback_runs(ann) == ["enough is known"]


def test_several_times_is_days_after_they_got_it() -> None:
    story = FeedbackStory(**PLAIN | {"after": ["1d", "1w", "4w"]})
    story.lead_of(SARAH)
    story.pass_time(12 * WEEK)
    assert [day for day, _, _ in story.asked()] == [1, 7, 28]


def test_it_goes_on_until_the_level_that_the_playbook_wants_is_reached() -> None:
    story = FeedbackStory(**PLAIN | {"after": ["1d"], "every": "1w", "until": 2})
    ann = story.lead_of(SARAH)
    story.pass_time(1 * DAY)
    story.says(ann, contacted="Yes, we have talked")
    assert story.feedback_runs(ann) == ["waiting"]
    story.pass_time(7 * DAY)
    assert len(story.asked()) == 2
    story.says(ann, contacted="Yes, we have talked", status="Offer made")
    assert story.feedback_runs(ann) == ["enough is known"]
    story.pass_time(12 * WEEK)
    assert len(story.asked()) == 2


def test_nobody_is_asked_for_ever() -> None:
    story = FeedbackStory(**PLAIN | {"after": ["1d"], "every": "1w", "at_most": 5})
    story.lead_of(SARAH)
    story.pass_time(60 * WEEK)
    assert len(story.asked()) == 5


@pytest.mark.parametrize(
    ("columns", "who", "days"),
    [
        ({"product": "growth-programme"}, SARAH, [3]),
        ({"source": "tradeshow"}, SARAH, [1]),
        ({}, PAT, [4]),
        ({"product": "strategy-session"}, SARAH, [2]),
    ],
    ids=["by product", "by source", "by partner", "all others"],
)
def test_the_cycle_goes_by_the_lead_and_by_who_has_it(columns: dict[str, str], who: str, days: list[int]) -> None:
    story = FeedbackStory(
        **PLAIN
        | {
            "after": ["2d"],
            "cycles": [
                {"when": 'product == "growth-programme"', "after": ["3d"], "every": None},
                {"when": 'source == "tradeshow"', "teams": ["Own"], "after": ["1d"], "every": None},
                {"partners": True, "after": ["4d"], "every": None},
            ],
        }
    )
    story.lead_of(who, **columns)
    story.pass_time(3 * WEEK)
    assert [day for day, _, _ in story.asked()] == days


@pytest.mark.parametrize(
    ("status", "day"), [("Finding out what they need", 9), ("Put off by them", 44), ("Never heard of it", 8)]
)
def test_what_they_said_decides_when_they_are_asked_again(status: str, day: int) -> None:
    story = FeedbackStory(**PLAIN | {"after": ["2d", "8d"]})
    ann = story.lead_of(SARAH)
    story.pass_time(2 * DAY)
    story.says(ann, status=status)
    story.pass_time(8 * WEEK)
    assert [day for day, _, _ in story.asked()] == [2, day]


def test_a_day_that_they_name_is_kept_also_where_no_more_would_have_been_asked() -> None:
    story = FeedbackStory(**PLAIN | {"after": ["1d"]})
    ann = story.lead_of(SARAH)
    story.pass_time(DAY)
    story.says(ann, result=FeedbackResult.WORKING, next_on=(story.now + 20 * DAY).date())
    story.pass_time(20 * WEEK)
    assert [day for day, _, _ in story.asked()] == [1, 21]


def test_all_leads_of_a_person_come_in_one_mail_and_everybody_gets_their_own() -> None:
    story = FeedbackStory(**PLAIN | {"after": ["1d"]})
    ann, ben, cat = (story.contact(f"{name}@example.com") for name in ("ann", "ben", "cat"))
    story.gets(SARAH, ann, ben)
    story.pass_time(timedelta(hours=3))
    story.gets(SARAH, cat)
    story.gets(JOHN, story.contact("dan@example.com"))
    story.pass_time(DAY)
    assert sorted(story.asked()) == [(1, "john", 1), (1, "sarah", 3)]


def test_nobody_is_asked_on_a_weekend_or_while_they_are_away() -> None:
    story = FeedbackStory(**PLAIN | {"after": ["5d"]})
    story.lead_of(SARAH)
    story.lead_of(JOHN, "ben@example.com")
    story.write(
        "INSERT INTO absence (rep_id, first_day, last_day) SELECT id, '2026-03-09', '2026-03-11' FROM rep "
        "WHERE email = :john",
        john=JOHN,
    )
    story.pass_time(2 * WEEK)
    assert sorted(story.asked()) == [(7, "sarah", 1), (10, "john", 1)]


def test_a_report_on_a_task_is_an_action_and_is_not_asked_for() -> None:
    story = FeedbackStory(**PLAIN | {"after": ["2d"], "until": 1})
    ann = story.lead_of(SARAH)
    story.start("check_in", ann)
    story.write("UPDATE contact SET stage = 'sal'")
    story.pass_time(DAY)
    story.happens("call_connected", contact=ann)
    story.pass_time(WEEK)
    assert story.asked() == []
    assert story.feedback_runs(ann) == ["enough is known"]


def test_what_another_system_tells_of_its_deal_is_not_asked_for() -> None:
    story = FeedbackStory(**PLAIN | {"after": ["2d", "1w"], "until": 2})
    ann = story.lead_of(SARAH)
    story.happens("opportunity_opened", contact=ann, data={"reference": "crm:1"})
    story.pass_time(8 * WEEK)
    assert story.asked() == []


def test_an_order_ends_the_questions() -> None:
    story = FeedbackStory()
    ann = story.lead_of(SARAH)
    story.happens("order_placed", "growth-programme", contact=ann)
    story.pass_time(8 * WEEK)
    assert story.asked() == []
    assert story.feedback_runs(ann) == ["won"]


def test_a_customer_who_gets_an_owner_is_no_lead() -> None:
    story = FeedbackStory()
    ann = story.contact()
    story.happens("order_placed", "growth-programme", contact=ann)
    story.pass_time(DAY)
    story.gets(SARAH, ann)
    story.pass_time(8 * WEEK)
    assert story.asked() == []


def test_a_lead_that_goes_to_somebody_else_is_asked_of_them_from_the_beginning() -> None:
    story = FeedbackStory(**PLAIN | {"after": ["2d"]})
    ann = story.lead_of(SARAH)
    story.pass_time(DAY)
    story.gets(JOHN, ann)
    story.pass_time(2 * WEEK)
    assert story.asked() == [(3, "john", 1)]
    assert story.feedback_runs(ann) == ["went to somebody else", "enough is known"]


def test_without_the_section_nobody_is_asked() -> None:
    story = FeedbackStory()
    story.write("UPDATE playbook SET document = jsonb_set(document, '{feedback}', 'null')")
    ann = story.lead_of(SARAH)
    assert story.feedback_runs(ann) == ["enough is known"]
