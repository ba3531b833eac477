"""What is sent by hand: put on a list once, handed over once a week or month, nobody lost for want of an address."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from deployments.demo.scheduled_jobs import SCHEDULED_JOBS
from flows.runtime import Journey
from flows.runtime.prefect_flow import discover
from models import MessageKind
from models.access.token import sign_token
from models.database import engine
from models.fulfilment.send_lists import batch_name, next_list_at, next_period, period_begin, send_lists
from models.mail.rendering.email import EmailDraft, RenderContext, render_email
from models.mail.rendering.links import links_to
from models.playbook.mail import Frequency
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.story import MONDAY, Story
from tests.support.web_pages import browser

NEW_YORK = ZoneInfo("America/New_York")
ADDRESS = {"street": "1 Main Street", "city": "Portland", "state": "ME", "postal_code": "04101"}
WEEK = timedelta(weeks=1)


def hand_over(now: datetime) -> list[str]:
    with engine().begin() as connection:
        return send_lists(connection, now)


def due(now: datetime) -> datetime | None:
    with engine().connect() as connection:
        return next_list_at(connection, now)


@pytest.fixture
def story(make_story: Callable[..., Story]) -> Story:
    """Monday, 2 March, four in the morning in New York; Ana and Bo have been thanked."""

    async def thanking(j: Journey) -> str:
        await j.fulfil("thank-you notes", data={"for": "=their first order"})
        return "thanked"

    story = make_story(thanking)
    ana = story.contact("ana@example.com", first_name="Ana", company="Northlight", **ADDRESS)
    bo = story.contact("bo@example.com", first_name="Bo", city="Bath")
    story.start("thanking", ana, bo)
    return story


def test_a_list_goes_out_once_a_week_whenever_the_first_run_of_the_week_is(story: Story) -> None:
    assert hand_over(MONDAY + timedelta(days=3)) == []
    wednesday = MONDAY + WEEK + timedelta(days=2)
    assert [hand_over(wednesday), hand_over(wednesday), hand_over(MONDAY + 2 * WEEK)] == [
        ["thank-you notes 2026-W11"],
        [],
        [],
    ]
    assert rows("SELECT kind, to_address FROM message") == [("team", "office@brightwater.example.com")]
    assert rows("SELECT DISTINCT batch, handed_at FROM fulfilment_entry") == [("thank-you notes 2026-W11", wednesday)]


def test_whoever_comes_in_the_week_itself_is_on_the_next_list(story: Story) -> None:
    hand_over(MONDAY + WEEK)
    story.now = MONDAY + WEEK + timedelta(hours=5)
    story.start("thanking", story.contact("eve@example.com"), key="later")
    assert hand_over(story.now + timedelta(days=1)) == []
    assert hand_over(MONDAY + 2 * WEEK) == ["thank-you notes 2026-W12"]
    assert rows("SELECT count(*) FROM message") == [(2,)]


def test_two_at_once_send_one(story: Story) -> None:
    with engine().connect() as one, engine().connect() as other:
        assert send_lists(one, MONDAY + WEEK)
        one.commit()
        assert send_lists(other, MONDAY + WEEK) == []


def test_the_clock_knows_when_the_next_list_goes_out(story: Story) -> None:
    monday = datetime(2026, 3, 9, 6, 30, tzinfo=NEW_YORK)
    assert due(MONDAY) == monday
    assert due(MONDAY + 3 * WEEK) == datetime(2026, 3, 23, 6, 30, tzinfo=NEW_YORK)
    hand_over(monday)
    assert due(monday) is None
    assert any(chore.next_due is next_list_at for chore in SCHEDULED_JOBS)


@pytest.mark.parametrize(
    ("every", "day", "begin", "name", "after"),
    [
        (Frequency.WEEK, date(2026, 1, 1), date(2025, 12, 29), "cards 2026-W01", date(2026, 1, 5)),
        (Frequency.WEEK, date(2026, 3, 8), date(2026, 3, 2), "cards 2026-W10", date(2026, 3, 9)),
        (Frequency.MONTH, date(2026, 1, 31), date(2026, 1, 1), "cards 2026-01", date(2026, 2, 1)),
        (Frequency.MONTH, date(2026, 12, 5), date(2026, 12, 1), "cards 2026-12", date(2027, 1, 1)),
    ],
)
def test_weeks_begin_on_mondays_and_months_on_the_first(
    every: Frequency, day: date, begin: date, name: str, after: date
) -> None:
    assert period_begin(every, day) == begin
    assert batch_name("cards", every, begin) == name
    assert next_period(every, begin) == after


def test_the_mail_names_everybody_also_those_without_an_address(story: Story) -> None:
    playbook = apply_playbook()
    hand_over(MONDAY + WEEK)
    [(key, template, data)] = rows("SELECT key, template, data FROM message")
    head = RenderContext(playbook=playbook, links=links_to("/site"), at=MONDAY, own_tracking=False)
    draft = EmailDraft(
        message_id=1, key=key, kind=MessageKind.TEAM, template=template, to_address="office@example.com", data=data,
        contact={}, owner={}, form={}, task={},
    )  # fmt: skip
    email = render_email(draft, head)
    assert email.subject == "Thank-you notes to send: 2"
    for said in ("Ana", "Northlight", "1 Main Street, Portland, ME 04101", "Bo", "ask for the street, the postal code"):
        assert said in email.text
    path = data["path"]
    just_sent(story)
    assert browser("http://tend.example.com").get(path).text.count("<tr>") == 3


def test_the_file_has_a_full_address_in_columns_and_no_formula(story: Story) -> None:
    hand_over(MONDAY + WEEK)
    just_sent(story)
    path = f"/fulfilment/{sign_token('fulfilment list', 'thank-you notes 2026-W11')}"
    answer = browser("http://tend.example.com").get(f"{path}/list.csv")
    ana, bo = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert answer.headers["content-disposition"] == 'attachment; filename="thank-you-notes-2026-W11.csv"'
    assert (ana["name"], ana["street"], ana["postal code"], ana["for"]) == (
        *("Ana", "1 Main Street", "04101", "'=their first order"),
    )
    assert (bo["street"], bo["remark"]) == ("", "ask for the street, the postal code")


def just_sent(story: Story) -> None:
    """The lists that went out did so today, and not on a day of the story."""
    story.write("UPDATE fulfilment_entry SET handed_at = now() WHERE handed_at IS NOT NULL")


def test_after_two_months_a_link_to_a_list_opens_it_for_ops_only(story: Story) -> None:
    hand_over(MONDAY + WEEK)
    story.write("UPDATE fulfilment_entry SET handed_at = now() - interval '61 days'")
    path = f"/fulfilment/{sign_token('fulfilment list', 'thank-you notes 2026-W11')}"
    stranger = browser("http://tend.example.com")
    assert [stranger.get(one).status_code for one in (path, f"{path}/list.csv")] == [410, 410]
    assert browser().get(path).status_code == 200


def test_visitors_without_a_login_see_nothing(story: Story) -> None:
    visitor = browser("http://tend.example.com")
    hand_over(MONDAY + WEEK)
    assert visitor.get("/fulfilment").headers["location"].startswith("/login")
    forged = [sign_token("task", 1), "x", sign_token("fulfilment list", "thank-you notes 2026-W11")[:-1]]
    assert {
        visitor.get(f"/fulfilment/{token}{rest}").status_code for token in forged for rest in ("", "/list.csv")
    } == {404}


def test_ops_see_what_waits_and_what_went_out(story: Story) -> None:
    page = browser().get("/fulfilment").text
    assert "2 waiting" in page
    hand_over(MONDAY + WEEK)
    page = browser().get("/fulfilment").text
    assert "0 waiting" in page
    assert "thank-you notes 2026-W11" in page


def test_a_list_that_the_playbook_no_longer_has_is_shown_with_who_is_on_it(story: Story) -> None:
    story.write("UPDATE fulfilment_entry SET list = 'birthday cards'")
    page = browser().get("/fulfilment").text
    assert "The playbook no longer has this list" in page
    assert "Birthday cards" in page


def test_an_unknown_list_is_refused_in_a_sentence(make_story: Callable[..., Story]) -> None:
    async def thanking(j: Journey) -> str:
        await j.fulfil("moon cakes")
        return "thanked"

    story = make_story(thanking)
    ann = story.contact()
    story.start("thanking", ann)
    assert "There is no list 'moon cakes' under `fulfilment` in the playbook" in story.runs(ann)[0][1]
    assert "There are: thank-you notes." in story.runs(ann)[0][1]


def test_a_turn_that_is_taken_again_puts_nobody_on_the_list_twice(story: Story) -> None:
    story.write(
        "UPDATE journey_run SET status = 'waiting', ended_at = NULL, ending = NULL, history = '', steps = 0, "
        "resume_at = now()"
    )
    story.write("DELETE FROM step")
    story.pass_time(timedelta(days=365))
    assert rows("SELECT count(*) FROM fulfilment_entry") == [(2,)]


@pytest.mark.parametrize(
    ("product", "how"), [("strategy-session", "on the list"), ("growth-programme", "waiting for write_note")]
)
def test_who_buys_is_thanked_by_hand(database_url: str, product: str, how: str) -> None:
    apply_playbook()
    story = Story(discover())
    ann = story.contact(**ADDRESS)
    story.happens("order_placed", product, contact=ann)
    assert dict(story.runs(ann))["thank_you_note"] == how
    assert [assignee for _, name, assignee in story.tasks(ann) if name == "write_note"] == ["office"] * (
        how != "on the list"
    )
    assert rows("SELECT count(*) FROM fulfilment_entry") == [(int(how == "on the list"),)]


def test_customers_are_cared_for_until_they_are_asked_to_pass_it_on(database_url: str) -> None:
    apply_playbook()
    story = Story(discover())
    ann, bob = story.contact(), story.contact("bob@example.com")
    for who in (ann, bob):
        story.happens("order_placed", "strategy-session", contact=who)
    story.pass_time(timedelta(days=14))
    story.reports("ask_how_it_goes", "Talked: Going Well", contact=ann)
    story.reports("ask_how_it_goes", "Talked: Needs Help", contact=bob)
    story.reports("solve_it", "Not Solved", contact=bob)
    story.pass_time(timedelta(weeks=20))
    assert [(day, mail.removeprefix("customer_care/")) for day, mail in story.mails(ann)] == [
        *((0, "first_steps"), (3, "make_it_count"), (28, "one_month_in"), (70, "what_comes_next"), (91, "pass_it_on")),
    ]
    assert [dict(story.runs(who))["customer_care"] for who in (ann, bob)] == ["handed over to retention", "not happy"]
    assert [day for day, _ in story.mails(bob)] == [0, 3]


def test_another_order_begins_the_care_anew(database_url: str) -> None:
    apply_playbook()
    story = Story(discover())
    ann = story.contact()
    story.happens("order_placed", "strategy-session", contact=ann)
    story.pass_time(timedelta(days=5))
    story.happens("order_placed", "growth-programme", contact=ann)
    assert [state for name, state in story.runs(ann) if name == "customer_care"] == [
        "bought again",
        "waiting for the first days",
    ]
    story.happens("order_cancelled", contact=ann)
    assert story.runs(ann)[-2:][0][1] == "cancelled"
