"""Every KPI of a business so small that one can count it by hand, from the events to the numbers of the pages.

Ann, Bob and Cat ask for a call on a Monday, Dan on Wednesday, Fay on Thursday. Ann is called after ten minutes, Fay
after four, Bob in vain after two hours, Cat on the next day; nobody calls Dan. Ann buys the whole programme and then a
month of the mastermind group, Fay something at half the price, Cat a session that she cancels. Bob refuses. Eve comes
by the shop.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.database import engine
from models.kpi.definitions import KPIS
from models.kpi.definitions.kpi import Total
from models.kpi.period import Period
from models.kpi.read import KpiValue, Question, read_response, read_time_to_buy, read_values
from models.playbook import Playbook, apply
from models.tables.kpi import Dimension, KpiName
from tests.support.contribution import a_sent_mail, insert
from tests.support.database import rows, write
from tests.support.lead_response import a_story, report
from tests.support.mail.outbox import NOON
from tests.support.playbook import the_shipped_playbook
from tests.support.reports import report as run_report
from tests.support.story import Story

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
COUNTED_AT = datetime(2026, 4, 1, 4, tzinfo=UTC)
"""The first midnight of April in New York."""
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
APRIL = Period(date(2026, 4, 1), date(2026, 4, 30))


BY_HAND = {
    # Five leads; Eve came by an order and was none.
    ("leads", "period"): 5,
    ("leads_per_week", "period"): 5 / (31 / 7),
    ("engagement_rate", "cohort"): 3 / 5,
    # Eve became mql by what she bought.
    ("mql_share", "period"): 6 / 5,
    ("mql_share", "cohort"): 1,
    ("qualified_share", "period"): 3 / 5,
    ("order_share", "period"): 3 / 5,
    ("order_share", "cohort"): 2 / 5,
    # Bob, who refused, and Dan, whom nobody called.
    ("stalled_leads", "period"): 2,
    ("opportunities", "period"): 3,
    ("connections", "period"): 3,
    # Ann, Cat and Fay were talked with; Ann, Bob and Fay had deals.
    ("connection_rate", "period"): 2 / 3,
    ("connection_rate", "cohort"): 2 / 3,
    ("closing_rate", "period"): 3 / 3,
    ("closing_rate", "cohort"): 2 / 3,
    ("win_rate", "period"): 2 / 3,
    ("win_rate", "cohort"): 2 / 3,
    # Three opportunities, two of three won, 3,600 each in 11 days.
    ("pipeline_velocity", "period"): 3 * (2 / 3) * 3_600 / 11,
    ("orders", "period"): 4,
    ("revenue", "period"): 4_800 + 900 + 190 + 2_400,
    ("order_value", "period"): 8_290 / 4,
    ("time_to_buy", "period"): (10 + 12) / 2,
    ("time_to_buy", "cohort"): None,
    # The programme, 900 of 4,800, half of one, and Eve's session; what Cat cancelled is taken off again.
    ("net_new_customers", "period"): 1 + 900 / 4_800 + 0.5 + 190 / 4_800,
    ("net_new_people", "period"): 4 - 1,
    ("retention", "period"): None,
    ("repeat_share", "cohort"): 1 / 3,
    # 4 and 10 minutes, 2 hours, a day, and Dan, who waits.
    ("response_time", "cohort"): 7_200,
    ("working_response_time", "cohort"): 7_200,
    # 4 and 10 minutes, a day, and two who have had none.
    ("time_to_talk", "cohort"): 86_400,
    ("follow_up_share", "cohort"): 4 / 5,
    # Five minutes, as the shipped playbook has it.
    ("in_service_level", "cohort"): 1 / 5,
    ("contacted_in_5m", "cohort"): 1 / 5,
    ("contacted_in_15m", "cohort"): 2 / 5,
    ("contacted_in_30m", "cohort"): 2 / 5,
    ("contacted_in_1h", "cohort"): 2 / 5,
    ("contacted_in_24h", "cohort"): 4 / 5,
    ("touches", "period"): 4,
    ("offers", "period"): 4,
    ("offer_acceptance", "cohort"): 1 / 4,
    ("offer_declines", "cohort"): 1 / 4,
    ("offer_timeouts", "cohort"): 2 / 4,
    ("open_rate", "cohort"): 2 / 4,
    ("click_rate", "cohort"): 1 / 4,
    ("bounce_rate", "cohort"): 1 / 5,
    ("unsubscribe_rate", "cohort"): 0 / 4,
}
COUNTED_ELSEWHERE = {KpiName.TIME_IN_STAGE}
"""By the tests of the funnel, stage by stage."""


@pytest.fixture
def story(database_url: str) -> Story:
    return a_business()


def test_every_kpi_is_what_one_counts_by_hand(story: Story) -> None:
    found = values(MARCH)
    wrong = {key: (found[key].value, by_hand) for key, by_hand in BY_HAND.items() if not same(found[key], by_hand)}
    assert not wrong
    assert {kpi for kpi, _ in BY_HAND} == set(KpiName) - COUNTED_ELSEWHERE


def same(found: KpiValue, by_hand: float | None) -> bool:
    return found.value is by_hand is None or found.value == pytest.approx(by_hand, abs=1e-6)


def test_a_customer_of_march_who_cancels_in_april_is_lost_in_april(story: Story) -> None:
    go_to(story, NOON + 34 * DAY)
    [(eve,)] = rows("SELECT id FROM contact WHERE email = 'eve@example.com'")
    story.happens("order_cancelled", contact=eve, data={"reference": "E1"})
    run_report(datetime(2026, 5, 1, 4, tzinfo=UTC))
    april = values(APRIL)
    # Ann, Eve and Fay were customers when April began.
    assert april["retention", "period"].value == pytest.approx(2 / 3)
    assert april["net_new_people", "period"].value == -1
    assert april["net_new_customers", "period"].value == pytest.approx(-190 / 4_800, abs=1e-6)
    march = values(MARCH)
    assert march["orders", "period"].value == 3
    assert march["net_new_people", "period"].value == 3


def test_as_known_on_the_first_of_april_march_stays_as_it_was_reported(story: Story) -> None:
    reported = values(MARCH)
    go_to(story, NOON + 34 * DAY)
    order(story, 4, 190, "strategy-session", "D1")
    write("UPDATE event SET at = :at WHERE name = 'order_placed' AND contact_id = 4", at=NOON + 3 * DAY)
    write("""UPDATE "order" SET placed_at = :at WHERE contact_id = 4""", at=NOON + 3 * DAY)
    run_report(datetime(2026, 5, 1, 4, tzinfo=UTC))
    assert values(MARCH)["orders", "period"].value == 5
    assert values(MARCH, known_at=COUNTED_AT) == reported


def test_people_together_are_everybody(story: Story) -> None:
    together = values(MARCH)
    for dimension in (Dimension.PERSON, Dimension.SOURCE, Dimension.PRODUCT, Dimension.JOURNEY):
        with engine().connect() as connection:
            members = read_values(connection, Question(MARCH), dimension, kpis=ADDED_UP)
        for kpi in ADDED_UP:
            numbers = [value.value or 0 for value in members if value.kpi is kpi]
            assert sum(numbers) == pytest.approx(together[kpi.value, "period"].value), (dimension, kpi)


ADDED_UP = tuple(kpi.name for kpi in KPIS if isinstance(kpi.period, Total) and kpi.name is not KpiName.RETENTION)


def test_the_views_say_the_same(story: Story) -> None:
    found = values(MARCH)
    shown = rows(
        "SELECT kpi, reading, sum(numerator) AS numerator, sum(denominator) AS denominator FROM report_kpi "
        "WHERE day BETWEEN :first AND :last GROUP BY kpi, reading",
        first=MARCH.first,
        last=MARCH.last,
    )
    assert len(shown) > 40
    for row in shown:
        value = found[row.kpi, row.reading]
        assert float(row.numerator) == pytest.approx(value.numerator, abs=1e-6), row.kpi
        assert row.denominator is None or float(row.denominator) == pytest.approx(value.denominator, abs=1e-6), row.kpi


def test_the_time_to_buy_of_each_product_counts_all_who_could_have_bought_it(story: Story) -> None:
    with engine().connect() as connection:
        readings = {reading.product: reading for reading in read_time_to_buy(connection, Question(MARCH))}
    assert {product: reading.mean for product, reading in readings.items()} == {
        "": 11,
        "growth-programme": 10,
        "half": 12,
        "mastermind": 20,
    }
    assert {reading.waits.n for reading in readings.values()} == {5}
    assert [reading.waits.happened_count for reading in readings.values()] == [2, 1, 1, 1]


def test_the_time_to_buy_from_sales_qualified_on_is_shorter(story: Story) -> None:
    with engine().connect() as connection:
        from_sql, *_ = read_time_to_buy(connection, Question(MARCH), "sql")
    # Ann and Fay became sales qualified two days after their talk.
    assert (from_sql.buyers, from_sql.mean, from_sql.waits.n) == (2, 9, 3)


def test_the_response_of_a_person_is_that_of_their_own_leads(story: Story) -> None:
    with engine().connect() as connection:
        response = read_response(connection, Question(MARCH), Dimension.PERSON)
        everybody = read_response(connection, Question(MARCH)).contact[0]
    assert sum(times.requests for times in response.contact) == everybody.requests == 5
    assert sum(times.never for times in response.contact) == everybody.never == 1
    assert all(times.is_small for times in response.contact)


def values(period: Period, known_at: datetime | None = None) -> dict[tuple[str, str], KpiValue]:
    with engine().connect() as connection:
        found = read_values(connection, Question(period, known_at=known_at))
    return {(value.kpi.value, value.reading.value): value for value in found}


def a_business() -> Story:
    document = the_shipped_playbook().model_dump(mode="json")
    document["products"].append({"code": "half", "name": "Half", "tier": "core", "price": 2_400, "currency": "USD"})
    document["reports"] |= {"full_customer": "growth-programme", "currency": "USD", "goals": []}
    with engine().begin() as connection:
        apply(connection, Playbook.model_validate(document))
    story = a_story()
    ann, bob, cat = (a_request(story, name) for name in ("ann", "bob", "cat"))
    report("first call", "Had Call: Qualified Lead", ann, NOON + 10 * MINUTE)
    write("UPDATE contact SET opportunity_at = :at WHERE id = :id", id=ann, at=NOON + HOUR)
    report("first call", "Could Not Reach: Try Again", bob, NOON + 2 * HOUR)
    write("UPDATE contact SET opportunity_at = :at WHERE id = :id", id=bob, at=NOON + DAY)
    report("first call", "Had Call: Qualified Lead", cat, NOON + DAY)
    go_to(story, NOON + 2 * DAY)
    a_request(story, "dan")
    eve = story.contact("eve@example.com", created_at=story.now)
    order(story, eve, 190, "strategy-session", "E1")
    go_to(story, NOON + 3 * DAY)
    fay = a_request(story, "fay")
    report("first call", "Had Call: Qualified Lead", fay, story.now + 4 * MINUTE)
    write("UPDATE contact SET opportunity_at = :at WHERE id = :id", id=fay, at=story.now + HOUR)
    go_to(story, NOON + 5 * DAY)
    story.happens("turned_us_down", contact=bob)
    go_to(story, NOON + 8 * DAY)
    order(story, cat, 190, "strategy-session", "C1")
    go_to(story, NOON + 10 * DAY)
    order(story, ann, 4_800, "growth-programme", "A1")
    go_to(story, NOON + 12 * DAY)
    story.happens("order_cancelled", contact=cat, data={"reference": "C1"})
    go_to(story, NOON + 15 * DAY)
    order(story, fay, 2_400, "half", "F1")
    go_to(story, NOON + 20 * DAY)
    order(story, ann, 900, "mastermind", "A2")
    offers(fay)
    mails(fay)
    run_report(COUNTED_AT)
    return story


def offers(contact: int) -> None:
    """One accepted, one declined, two that expired."""
    placement = insert(
        "placement", contact_id=contact, router="inbound", reason="test", offered=True, queued_at=NOON, closed_at=NOON
    )
    [(rep,)] = rows("SELECT min(id) FROM rep")
    for number, answer in enumerate(("declined", "expired", "expired", "accepted"), start=1):
        at = NOON + number * HOUR
        answered = {"answer": answer, "answered_at": at + MINUTE} if answer else {}
        about = {"placement_id": placement, "contact_id": contact, "rep_id": rep, "number": number}
        insert("offer", **about, offered_at=at, expires_at=at + HOUR, **answered)


def mails(contact: int) -> None:
    """Five: two opened, one of them clicked, and one that came back."""
    later = NOON + DAY
    for number, columns in enumerate(
        ({"opened_at": later, "clicked_at": later}, {"opened_at": later}, {}, {}, {"bounced_at": later})
    ):
        a_sent_mail(contact, NOON, f"lead_nurture/article_{number}", **columns)


def a_request(story: Story, name: str) -> int:
    contact = story.contact(f"{name}@example.com", phone="+12075550199", source="website", created_at=story.now)
    story.happens("form_submitted", "request-call", contact=contact)
    return contact


def order(story: Story, contact: int, amount: int, product: str, reference: str) -> None:
    data = {"amount": amount, "product": product, "reference": reference}
    story.happens("order_placed", contact=contact, data=data)


def go_to(story: Story, moment: datetime) -> None:
    story.pass_time(moment - story.now)
