"""Every number opens exactly the people who were counted in it: as a list, as CSV and as a workbook."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest

from models import KpiDaily, KpiFact, KpiRun
from models.database import engine
from models.merging.merge import merge_contacts
from models.orders.record_orders import record_orders
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.reported_business import report_on_a_business
from tests.support.reports import report
from tests.support.web_pages import TODAY, a_contact, a_message, a_rep, a_run, a_step, add, an_event, browser

CHAPTERS = ("funnel", "people", "response", "time-to-buy", "runs")
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def a_fact(contact: int, measure: str, day: date = TODAY, *, known_from: datetime = NOW, **columns: object) -> None:
    """One fact, and its cell of kpi_daily that was nothing before."""
    at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=15)
    fact = {"contact_id": contact, "measure": measure, "day": day, "at": at, "known_from": known_from}
    add(KpiFact, **fact | columns)


def counted(measure: str, count: int, day: date = TODAY, **columns: object) -> None:
    cell = {"measure": measure, "day": day, "dimension": "all", "count": count, "known_from": NOW}
    add(KpiDaily, **cell | columns)


def a_report_run(known_at: datetime = NOW) -> None:
    day = TODAY - (NOW - known_at)
    add(KpiRun, known_at=known_at, first_day=day, last_day=day)


def total(page: str) -> int:
    """How many the list says it has."""
    found = re.search(r'<b class="total">([\d,]+)</b>', page)
    assert found, page
    return int(found[1].replace(",", ""))


def table(path: str) -> list[dict[str, str]]:
    answer = browser().get(path.replace("/reports/who?", "/reports/who.csv?"))
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def numbers(page: str) -> list[tuple[str, str]]:
    """What each link to people says, with its address."""
    found = re.findall(r'<a href="(/reports/who\?[^"]*)"[^>]*>([^<]*)</a>', page)
    return [(says, unescape(address)) for address, says in found]


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("team", ["", "Inbound"])
def test_every_number_of_every_chapter_is_as_long_as_the_list_that_it_opens(chapter: str, team: str) -> None:
    report_on_a_business(weeks=7, a_day=3)
    page = browser().get(f"/reports/{chapter}", params={"team": team}).text
    links = dict.fromkeys(numbers(page))
    assert links or chapter == "runs"
    for says, address in links:
        list_page, lines = browser().get(address).text, table(address)
        assert total(list_page) == len(lines), address
        if says.startswith("$"):
            amount = sum(float(line["Amount"] or 0) for line in lines)
            assert round(amount, 2) == pytest.approx(float(re.sub(r"[^\d.]", "", says)), abs=1), address
        elif not says.endswith("%"):
            assert len(lines) == int(re.sub(r"[^\d]", "", says)), address


@pytest.fixture
def mails_and_steps() -> None:
    """Two who got a mail of a journey: Ana opened it, Ben did not; Ana ordered after it."""
    sent = NOW - 3 * DAY
    for name, opened_at in (("ana", sent + timedelta(hours=1)), ("ben", None)):
        contact = a_contact(email=f"{name}@example.com", first_name=name.title(), source="website")
        an_event(contact, "form_submitted", "request-info", at=sent - DAY)
        run = a_run(contact, journey="lead_nurture", started_at=sent - timedelta(hours=2))
        a_step(run, 1, "send_mail", "article_1", at=sent)
        about = {"run_id": run, "state": "sent", "sent_at": sent, "handed_at": sent, "opened_at": opened_at}
        a_message(contact, key=f"{run}:1", template="lead_nurture/article_1", **about)
        if opened_at:
            order = an_event(contact, "order_placed", at=sent + DAY, data={"amount": 190})
            with engine().begin() as connection:
                record_orders(connection, [order])
    report(NOW)


@pytest.mark.parametrize(("chapter", "says"), [("mails", "1 of 2"), ("journeys", "1 of 2"), ("sources", "")])
def test_numbers_of_mails_steps_and_sources_open_who_is_in_them(mails_and_steps: None, chapter: str, says: str) -> None:
    page = browser().get(f"/reports/{chapter}").text
    links = numbers(page)
    assert links
    assert says in re.sub(r"<[^>]+>", "", page)
    for says, address in links:
        assert total(browser().get(address).text) == len(table(address)) == int(says), address


def test_a_line_says_who_it_is_and_whose_they_were() -> None:
    rep = a_rep(name="Dee Marsh", email="dee@example.com")
    ana = a_contact()
    a_report_run()
    a_fact(ana, "sale", rep_id=rep, source="website", product="growth", amount=190, currency="USD")
    counted("sale", 1, currency="USD", amount=190)
    page = browser().get("/reports/who?measure=sale").text
    assert f'<a href="/contacts/{ana}">Ana Ribeiro</a><small>Northlight Dental</small>' in page
    assert all(said in page for said in ("Dee Marsh", "website", "growth", "$190"))


def test_an_erased_person_stays_counted_and_is_named_by_nobody() -> None:
    a_report_run()
    a_fact(4_711, "lead")
    counted("lead", 1)
    page = browser().get("/reports/who?measure=lead").text
    assert total(page) == 1
    assert ">erased</span>" in page
    assert "/contacts/4711" not in page
    assert [line["Name"] for line in table("/reports/who?measure=lead")] == ["erased"]


def test_who_was_merged_since_leads_to_the_contact_that_was_kept() -> None:
    kept, merged = a_contact(), a_contact(email="ana.r@example.com", first_name="A.")
    a_report_run()
    a_fact(merged, "lead")
    counted("lead", 1)
    with engine().begin() as connection:
        merge_contacts(connection, kept, merged, "the same person", "Nora", NOW)
    page = browser().get("/reports/who?measure=lead").text
    assert f'<a href="/contacts/{kept}">' in page
    assert "erased</span>" not in page


def test_a_number_of_the_past_opens_those_who_were_in_it() -> None:
    ana, ben = a_contact(), a_contact(email="ben@example.com", first_name="Ben", last_name="Novak")
    yesterday, earlier = NOW - DAY, TODAY - 2 * DAY
    a_report_run(yesterday)
    a_report_run()
    a_fact(ana, "sale", earlier, known_from=yesterday, known_until=NOW)
    a_fact(ben, "sale", earlier, known_from=NOW)
    counted("sale", 1, earlier, known_from=yesterday)
    address = f"/reports/who?measure=sale&from={earlier}&to={earlier}"
    before = browser().get(f"{address}&as-known-on={TODAY - DAY}").text
    assert ("Ana Ribeiro" in before, "Ben Novak" in before) == (True, False)
    now = browser().get(address).text
    assert ("Ana Ribeiro" in now, "Ben Novak" in now) == (False, True)


def test_who_changed_teams_since_is_found_where_they_were_counted() -> None:
    [team, other] = [row.id for row in rows("SELECT id FROM team ORDER BY name LIMIT 2")]
    rep = a_rep(name="Dee Marsh", email="dee@example.com", team_id=other)
    a_report_run()
    a_fact(a_contact(), "lead", rep_id=rep, team_id=team)
    counted("lead", 1, team_id=team)
    [name] = rows("SELECT name FROM team WHERE id = :team", team=team)
    assert total(browser().get("/reports/who", params={"measure": "lead", "team": name[0]}).text) == 1
    assert len(table(f"/reports/who?measure=lead&team={name[0].replace(' ', '+')}")) == 1


def test_a_long_list_has_pages_and_the_file_has_all_of_it() -> None:
    a_report_run()
    write(
        "INSERT INTO contact (email, first_name) "
        "SELECT n || '@example.com', 'Lead ' || n FROM generate_series(1, 120) n"
    )
    write(
        "INSERT INTO kpi_fact (contact_id, measure, day, at, known_from) "
        "SELECT id, 'lead', :day, :at, :at FROM contact WHERE first_name LIKE 'Lead %'",
        day=TODAY,
        at=NOW,
    )
    counted("lead", 120)
    seen = [
        name
        for leaf in (1, 2, 3)
        for name in re.findall(r">(Lead \d+)</a>", browser().get(f"/reports/who?measure=lead&leaf={leaf}").text)
    ]
    assert len(seen) == len(set(seen)) == 120
    assert "The list ends before this page" in browser().get("/reports/who?measure=lead&leaf=9").text
    assert len(table("/reports/who?measure=lead")) == 120


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "names no number"),
        ("measure=everything", "There is no measure &#39;everything&#39;"),
        ("measure=lead&dimension=weather", "There is no dimension &#39;weather&#39;"),
        ("measure=lead&dimension=person&member=Dee", "a rep&#39;s number or 0 for nobody was expected"),
        (f"measure=lead&dimension=person&member={'9' * 5_000}", "a rep&#39;s number or 0 for nobody was expected"),
        ("measure=lead&goal=lost", "No cohort goes from &#39;lead&#39; to &#39;lost&#39;"),
        ("measure=standing&stage=fan", "There is no stage &#39;fan&#39;"),
        ("measure=lead&stage=mql", "There is no &#39;lead&#39; of a stage"),
        ("measure=lead&team=Nobody", "There is no team of this name"),
        ("measure=lead&from=2026-02-30", "is no date"),
    ],
)
def test_what_is_not_counted_is_said_in_a_sentence(query: str, sentence: str) -> None:
    answer = browser().get(f"/reports/who?{query}")
    assert answer.status_code in (400, 404)
    assert sentence in answer.text


def test_other_days_of_the_same_number_are_one_click_away() -> None:
    a_report_run()
    page = unescape(browser().get("/reports/who?measure=lead&dimension=source&member=website").text)
    others = re.findall(r'<a href="(/reports/who\?[^"]*)"', page)
    assert others
    assert all("measure=lead" in one and "dimension=source" in one and "member=website" in one for one in others)
    assert '<input type="hidden" name="member" value="website">' in page


@pytest.mark.parametrize("odd", ["%F0%9F%92%A5", "..%2F..%2Fetc", "a%22%3B+filename=b"])
def test_a_file_has_a_name_that_every_system_takes(odd: str) -> None:
    a_report_run()
    for ending in ("csv", "xlsx"):
        answer = browser().get(f"/reports/who.{ending}?of=mails&measure=sent&goal={odd}")
        assert answer.status_code == 200
        assert re.fullmatch(rf'attachment; filename="[a-z0-9-]+\.{ending}"', answer.headers["content-disposition"])
