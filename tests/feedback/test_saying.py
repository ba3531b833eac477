"""What follows from what owners say of their leads."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.feedback.record import NotTheirs
from models.feedback.said import SaidFeedback
from models.tables.feedback import FeedbackResult
from tests.support.feedback import JOHN, PAT, SARAH, FeedbackStory

pytestmark = pytest.mark.usefixtures("database_url")

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
WON: dict[str, Any] = {"result": FeedbackResult.WON, "amount": Decimal(4800), "currency": "USD"}
LOST: dict[str, Any] = {"result": FeedbackResult.LOST}
WORKING: dict[str, Any] = {"result": FeedbackResult.WORKING}


@pytest.fixture
def story() -> FeedbackStory:
    """The shipped cycle."""
    return FeedbackStory()


@pytest.fixture
def ann(story: FeedbackStory) -> int:
    """A lead of Sarah's, who has been asked about it."""
    lead = story.lead_of(SARAH)
    story.pass_time(2 * DAY)
    return lead


def test_won_makes_an_order_and_a_customer(story: FeedbackStory, ann: int) -> None:
    story.says(ann, **WON, product="growth-programme")
    assert story.orders(ann) == [(4800.0, "USD", True)]
    assert story.column(ann, "stage") == "customer"
    assert story.feedback_runs(ann) == ["won"]
    (product, rep), *_ = story.rows(
        "SELECT p.code, rep.email FROM opportunity o JOIN product p ON p.id = product_id JOIN rep ON rep.id = rep_id"
    )
    assert (product, rep) == ("growth-programme", SARAH)
    story.pass_time(12 * WEEK)
    assert len(story.asked()) == 1


@pytest.mark.parametrize("reference", ["shop:1001", None])
def test_an_order_that_the_shop_has_told_of_is_not_made_again(
    story: FeedbackStory, ann: int, reference: str | None
) -> None:
    story.happens("order_placed", "growth-programme", contact=ann, data={"amount": 4900, "reference": reference})
    story.says(ann, **WON)
    assert story.orders(ann) == [(4900.0, "USD", True)]


def test_an_order_that_the_shop_tells_of_later_by_the_number_that_they_gave_is_the_same_one(
    story: FeedbackStory, ann: int
) -> None:
    story.says(ann, **WON, order_number="1001")
    story.pass_time(timedelta(hours=1))
    story.happens("order_placed", "growth-programme", contact=ann, data={"amount": 4800, "reference": "1001"})
    assert story.orders(ann) == [(4800.0, "USD", True)]


def test_the_number_of_somebody_elses_order_moves_nothing(story: FeedbackStory, ann: int) -> None:
    ben = story.contact("ben@example.com")
    story.happens("opportunity_won", contact=ben, data={"reference": "1001", "amount": 100})
    story.says(ann, **WON, order_number="1001")
    assert story.orders(ben) == [(100.0, "USD", True)]
    assert story.orders(ann) == [(4800.0, "USD", True)]


def test_a_deal_of_another_system_is_won_and_not_doubled(story: FeedbackStory, ann: int) -> None:
    story.happens("opportunity_opened", contact=ann, data={"reference": "crm:1", "amount": 5000})
    story.says(ann, **WON)
    story.happens("opportunity_won", contact=ann, data={"reference": "crm:1", "amount": 4800})
    assert story.rows("SELECT reference, stage FROM opportunity") == [("crm:1", "won")]
    assert story.orders(ann) == [(4800.0, "USD", True)]


def test_a_deal_of_another_system_is_lost_with_its_lead(story: FeedbackStory, ann: int) -> None:
    story.happens("opportunity_opened", contact=ann, data={"reference": "crm:1"})
    story.says(ann, **LOST, reason="Bought from somebody else")
    assert story.rows("SELECT stage, detail FROM opportunity") == [("lost", "Bought from somebody else")]


def test_a_value_that_is_corrected_corrects_the_order(story: FeedbackStory, ann: int) -> None:
    story.says(ann, **WON)
    story.pass_time(timedelta(minutes=5))
    story.says(ann, **WON | {"amount": Decimal(480), "currency": "EUR"})
    assert story.orders(ann) == [(480.0, "EUR", True)]


def test_the_same_again_changes_nothing(story: FeedbackStory, ann: int) -> None:
    first = story.says(ann, **WON)
    again = story.says(ann, **WON)
    assert (first.is_new, again.is_new, again.id) == (True, False, first.id)
    assert story.one("SELECT count(*) FROM feedback") == 1
    assert len(story.orders(ann)) == 1


@pytest.mark.parametrize(
    ("reason", "runs"),
    [
        ("Bought from somebody else", ["handed over to reading_list"]),
        (None, ["handed over to reading_list"]),
        ("Does not fit", ["lost"]),
        ("Does not want to hear from us", ["lost"]),
    ],
)
def test_a_lost_lead_gets_something_to_read_unless_its_reason_says_otherwise(
    story: FeedbackStory, ann: int, reason: str | None, runs: list[str]
) -> None:
    story.says(ann, **LOST, reason=reason)
    assert story.feedback_runs(ann) == runs
    assert bool(story.mails(ann)) is (runs == ["handed over to reading_list"])


def test_journeys_that_sell_end_with_the_lead(story: FeedbackStory, ann: int) -> None:
    story.start("offer_sequence", ann)
    story.says(ann, **LOST, reason="Bought from somebody else")
    runs = dict(story.runs(ann))
    assert runs["offer_sequence"] == "lost"
    assert "lead_nurture" in runs


def test_whoever_wants_no_contact_has_turned_us_down(story: FeedbackStory, ann: int) -> None:
    story.start("lead_nurture", ann)
    story.says(ann, **LOST, reason="Does not want to hear from us")
    assert dict(story.runs(ann))["lead_nurture"] == "not interested"


def test_lost_and_then_won_is_an_order(story: FeedbackStory, ann: int) -> None:
    story.says(ann, **LOST, reason="Bought from somebody else")
    story.pass_time(WEEK)
    story.says(ann, **WON)
    assert story.orders(ann) == [(4800.0, "USD", True)]
    assert story.column(ann, "stage") == "customer"
    assert story.one("SELECT reason FROM feedback ORDER BY id DESC LIMIT 1") is None


def test_won_by_mistake_takes_the_order_back_and_won_after_all_makes_another(story: FeedbackStory, ann: int) -> None:
    story.says(ann, **WON)
    story.pass_time(timedelta(minutes=5))
    story.says(ann, **LOST)
    assert story.orders(ann) == [(4800.0, "USD", False)]
    story.pass_time(DAY)
    story.says(ann, **WON)
    assert [stands for _, _, stands in story.orders(ann)] == [False, True]


def test_an_order_of_the_shop_stays_whatever_they_say(story: FeedbackStory, ann: int) -> None:
    story.happens("order_placed", "growth-programme", contact=ann, data={"amount": 4900, "reference": "shop:1"})
    story.says(ann, **WON)
    story.says(ann, **LOST)
    assert story.orders(ann) == [(4900.0, "USD", True)]


@pytest.mark.parametrize("closed", [WON, LOST], ids=["won", "lost"])
def test_a_lead_that_goes_on_after_all_is_asked_about_again(
    story: FeedbackStory, ann: int, closed: dict[str, Any]
) -> None:
    story.says(ann, **closed)
    story.pass_time(DAY)
    story.says(ann, **WORKING, status="Offer made")
    assert story.feedback_runs(ann)[1:] == ["waiting"]
    assert [stage for (stage,) in story.rows("SELECT stage FROM opportunity")] == (["open"] if closed is WON else [])
    story.pass_time(2 * WEEK)
    assert len(story.asked()) >= 2


def test_the_stage_rises_by_what_was_said_and_never_falls(story: FeedbackStory, ann: int) -> None:
    story.says(ann, contacted="Yes, we have talked")
    assert story.column(ann, "stage") == "sql"
    story.says(ann, contacted="Yes, we have talked", status="Finding out what they need")
    assert story.column(ann, "stage") == "sal"
    story.says(ann, contacted="Yes, we have talked", status="Offer made")
    assert story.column(ann, "stage") == "opportunity"
    story.says(ann, contacted="Yes, we have talked", status="Put off by them")
    assert story.column(ann, "stage") == "opportunity"


def test_doing_nothing_yet_is_an_answer_and_reaches_no_level(story: FeedbackStory, ann: int) -> None:
    story.says(ann, contacted="Not yet")
    assert story.one("SELECT level FROM feedback") == 0
    story.pass_time(DAY)
    assert len(story.asked()) == 2


def test_whoever_had_the_lead_before_cannot_say_anything_of_it(story: FeedbackStory, ann: int) -> None:
    story.gets(JOHN, ann)
    with pytest.raises(NotTheirs):
        story.says(ann, **WON)
    assert story.orders(ann) == []


def test_a_partner_says_how_it_goes_like_everybody(story: FeedbackStory) -> None:
    lead = story.lead_of(PAT)
    story.pass_time(2 * DAY)
    assert story.asked() == [(1, "pat", 1)]
    story.says(lead, who=PAT, **WON)
    assert story.orders(lead) == [(4800.0, "USD", True)]


def test_each_thing_that_is_said_is_told_with_who_said_it(story: FeedbackStory, ann: int) -> None:
    story.says(ann, contacted="Yes, we have talked", **LOST, reason="Does not fit")
    told = story.rows("SELECT name, topic, data ->> 'by' FROM event WHERE source = 'feedback' ORDER BY id")
    assert told[0] == ("feedback_given", "lost", "Sarah Miller")
    assert [name for name, _, _ in told] == ["feedback_given", "feedback_settled", "lead_lost"]


def test_what_belongs_to_another_result_is_dropped() -> None:
    said = SaidFeedback(**LOST, reason="Does not fit", amount=Decimal(5), next_on=None, order_number="7")
    assert (said.reason, said.amount, said.order_number) == ("Does not fit", None, None)
    assert SaidFeedback(**WON, reason="Does not fit").reason is None


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({"contacted": "a"}, ["where it stands", "how it ended, or that you are still working on it"]),
        ({"contacted": "a", "status": "b", **WORKING}, []),
        ({"contacted": "a", **WON}, []),
        ({"contacted": "a", "result": FeedbackResult.WON}, ["what it brought"]),
        ({"contacted": "a", **LOST}, ["why it was lost"]),
        ({**LOST, "reason": "c"}, ["whether you have been in touch"]),
    ],
)
def test_what_is_left_to_say_is_named(said: dict[str, Any], missing: list[str]) -> None:
    assert list(SaidFeedback(**said).missing) == missing
