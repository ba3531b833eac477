"""What is told late: it is recorded and scored, and starts, resumes, mails and asks nobody."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition, Reentry
from flows.runtime.prefect_flow import discover
from flows.runtime.turn import take_turn
from models.database import engine
from models.response.orphaned_leads import find_orphaned_leads
from models.routing.offers.preview import previews
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.scoring import apply_scoring, crossings, run_nightly_decay, score
from tests.support.story import Story, two_mails

DAY, WEEK, YEAR = timedelta(days=1), timedelta(weeks=1), timedelta(days=365)


async def waits_for_the_order(j: Journey) -> str:
    """A mail, and another one unless they order within a week."""
    await j.send("offer")
    if await j.wait_for("order_placed", within=WEEK):
        return "ordered"
    await j.send("last_call")
    return "silent"


async def cares(j: Journey) -> str:
    """Says thank you."""
    await j.send("thanks", transactional=True)
    await j.wait(WEEK)
    return "cared for"


def test_history_starts_nothing(make_story: Callable[..., Story]) -> None:
    story = make_story(two_mails, starts_on=("order_placed",), fallback_trigger=("form_submitted",))
    ann = story.contact()
    story.happens("order_placed", contact=ann, ago=2 * YEAR, is_history=True)
    story.happens("form_submitted", "never-heard-of", contact=ann, ago=2 * YEAR, is_history=True)
    assert (story.runs(ann), story.mails(ann)) == ([], [])
    assert story.rows("SELECT FROM event WHERE reacted_at IS NULL") == []
    story.happens("order_placed", contact=ann)
    assert len(story.runs(ann)) == 1


def test_history_answers_no_wait(make_story: Callable[..., Story]) -> None:
    story = make_story(waits_for_the_order)
    ann = story.contact()
    story.start("waits_for_the_order", ann)
    story.happens("order_placed", contact=ann, ago=YEAR, is_history=True)
    story.happens("order_placed", contact=ann, is_history=True)
    story.pass_time(WEEK)
    assert story.runs(ann) == [("waits_for_the_order", "silent")]


@pytest.mark.parametrize("is_reacted_to", [True, False])
@pytest.mark.parametrize(("ago", "ending"), [(3 * DAY, "bought"), (4 * DAY, "bought"), (5 * DAY, "told twice")])
def test_an_order_ends_the_run_that_was_under_way_when_it_was_placed(
    make_story: Callable[..., Story], ago: timedelta, ending: str, is_reacted_to: bool
) -> None:
    story = make_story(two_mails, ends_on={"order_placed": "bought"})
    ann = story.contact()
    story.start("two_mails", ann)
    story.pass_time(4 * DAY)
    if is_reacted_to:
        story.happens("order_placed", contact=ann, ago=ago, is_history=True)
        story.pass_time(WEEK)
    else:
        story.write("UPDATE journey_run SET resume_at = :now", now=story.now)
        story.write(
            "INSERT INTO event (name, contact_id, at, is_history) VALUES ('order_placed', :ann, :at, true)",
            ann=ann,
            at=story.now - ago,
        )
        with engine().begin() as connection:
            take_turn(connection, story.definitions["two_mails"], story.definitions, story.now)
    assert story.runs(ann) == [("two_mails", ending)]


@pytest.mark.parametrize("reentry", list(Reentry))
def test_five_old_orders_start_a_journey_that_wants_history_once(
    make_story: Callable[..., Story], reentry: Reentry
) -> None:
    story = make_story(
        cares,
        starts_on=("order_placed",),
        ends_on={"order_placed": "bought again"},
        starts_on_history=True,
        reentry=reentry,
    )
    ann = story.contact()
    story.write(
        "INSERT INTO event (name, contact_id, at, is_history) "
        "SELECT 'order_placed', :ann, CAST(:now AS timestamptz) - n * interval '1 year', true "
        "FROM generate_series(1, 5) n",
        ann=ann,
        now=story.now,
    )
    story.happens("order_placed", contact=ann, ago=YEAR, is_history=True)
    assert story.runs(ann) == [("cares", "waiting for 7 days")]
    story.pass_time(WEEK)
    story.happens("order_placed", contact=ann, ago=YEAR, is_history=True)
    assert story.runs(ann) == [("cares", "cared for")]
    assert len(story.mails(ann)) == 1


def test_whoever_is_on_the_journey_by_an_order_of_today_is_not_started_again_by_the_past(
    make_story: Callable[..., Story],
) -> None:
    story = make_story(cares, starts_on=("order_placed",), starts_on_history=True, reentry=Reentry.ALWAYS)
    ann = story.contact()
    story.happens("order_placed", contact=ann)
    story.happens("order_placed", contact=ann, ago=YEAR, is_history=True)
    assert len(story.runs(ann)) == 1


def test_a_journey_without_a_trigger_cannot_want_history() -> None:
    with pytest.raises(ValueError, match="starts_on"):
        Definition("cares", cares, starts_on_history=True)


class TestScores:
    """What history is worth, and what a threshold that it crosses does not do."""

    @pytest.fixture
    def story(self, make_story: Callable[..., Story]) -> Story:
        apply_scoring(
            {"name": "large order", "on": ["order_placed"], "points": 20, "decays": False},
            {"name": "form", "on": ["form_submitted"], "points": 10, "decays": True},
            thresholds={"hot": 15},
            falling={"cold": 5},
        )
        return make_story(two_mails, starts_on=("score_rose:hot", "score_fell:cold"))

    def marked(self, story: Story) -> list[tuple[str, bool]]:
        found = story.rows("SELECT name, is_history FROM event WHERE name IN ('score_rose', 'score_fell') ORDER BY id")
        return [tuple(row) for row in found]

    def test_points_have_the_age_of_the_event(self, story: Story) -> None:
        ann, ben = story.contact(), story.contact("ben@example.com")
        story.happens("form_submitted", contact=ann, ago=30 * DAY, is_history=True)
        story.happens("form_submitted", contact=ben)
        assert 3.9 < score(story, ann) < 4.1
        assert score(story, ben) == 10

    def test_a_threshold_that_history_crosses_starts_nothing_and_is_crossed_when_it_is_told(self, story: Story) -> None:
        ann = story.contact()
        story.happens("order_placed", contact=ann, ago=YEAR, is_history=True)
        assert self.marked(story) == [("score_rose", True)]
        assert crossings(story, ann)[0][2] == story.now
        assert story.runs(ann) == []

    def test_what_of_the_past_alone_fades_away_at_night_starts_nothing(self, story: Story) -> None:
        ann, ben = story.contact(), story.contact("ben@example.com")
        for contact, is_history in ((ann, True), (ben, False)):
            story.happens("form_submitted", contact=contact, ago=10 * DAY, is_history=is_history)
        story.now += 20 * DAY
        run_nightly_decay(story.now)
        assert sorted(self.marked(story)) == [("score_fell", False), ("score_fell", True)]
        story.pass_time(timedelta())
        story.happens("page_visited", contact=ann)
        assert (story.runs(ann), len(story.runs(ben))) == ([], 1)


class TestShippedJourneys:
    """Nobody hears of what is told late, whatever it is."""

    @pytest.fixture
    def story(self, database_url: str) -> Story:
        apply_playbook()
        return Story(discover())

    @pytest.mark.parametrize(
        ("name", "topic", "data"),
        [
            ("form_submitted", "request-info", {}),
            ("form_submitted", "request-quote", {}),
            ("form_submitted", "ebook", {}),
            ("form_submitted", "unheard-of", {}),
            ("order_placed", "growth-programme", {"amount": 4800}),
            ("order_placed", "strategy-session", {}),
            ("offer_requested", None, {}),
            ("replied", None, {}),
            ("link_clicked", "offer_sequence/offer", {}),
            ("call_connected", None, {}),
            ("turned_us_down", None, {}),
            ("unsubscribed", None, {}),
        ],
    )
    def test_no_mail_no_task_no_owner_no_clock(
        self, story: Story, name: str, topic: str | None, data: Mapping[str, Any]
    ) -> None:
        ann = story.contact()
        story.happens(name, topic, contact=ann, data=data, ago=YEAR, is_history=True)
        story.pass_time(12 * WEEK)
        with engine().connect() as connection:
            assert find_orphaned_leads(connection, story.now) == []
            for table in ("journey_run", "message", "task", "follow_up", "placement", "assignment"):
                assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0, table

    def test_an_old_form_is_not_what_they_asked_for_last(self, story: Story) -> None:
        ann = story.contact()
        story.happens("form_submitted", "request-quote", contact=ann)
        story.happens("form_submitted", "ebook", contact=ann, ago=YEAR, is_history=True)
        with engine().connect() as connection:
            [facts] = previews(connection, the_shipped_playbook(), [ann]).values()
        assert ("Asked for", "Quote") in facts

    def test_stages_keep_the_day_on_which_they_were_reached(self, story: Story) -> None:
        ann = story.contact()
        story.happens("order_placed", "growth-programme", contact=ann, ago=YEAR, is_history=True)
        assert (story.column(ann, "stage"), story.column(ann, "customer_at")) == ("customer", story.now - YEAR)

    def test_a_customer_of_today_who_turns_out_to_have_bought_before_is_one_since_then(self, story: Story) -> None:
        ann = story.contact()
        story.happens("order_placed", "growth-programme", contact=ann)
        for years in (2, 3, 1):
            story.happens("order_placed", "growth-programme", contact=ann, ago=years * YEAR, is_history=True)
        story.happens("form_submitted", "request-info", contact=ann, ago=4 * YEAR, is_history=True)
        assert story.column(ann, "customer_at") == story.now - 3 * YEAR
        assert (story.column(ann, "stage"), story.column(ann, "mql_at")) == ("customer", story.now - 4 * YEAR)
