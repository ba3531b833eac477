"""The list of contacts: whoever fits a condition or the words that were typed, in a stable order, page by page."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from sqlalchemy import text

from models import Contact
from models.contacts.views import find, sample
from models.database import engine
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact, a_rep, a_run, a_task, an_event, browser

DAY = timedelta(days=1)
MANY = """
INSERT INTO contact (id, city, score) SELECT n, 'city ' || n % 97, n % 100 FROM generate_series(1, :many) AS n
"""


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def somebody(name: str, **columns: Any) -> int:
    given = {"email": f"{name.lower()}@example.com", "last_name": "Meyer", "company": None}
    return a_contact(first_name=name, **given | columns)


def get(**asked: Any) -> httpx.Response:
    return browser().get(f"/contacts?{urlencode(asked, doseq=True)}")


def names(answer: httpx.Response) -> list[str]:
    """The first names on a page, in their order."""
    assert answer.status_code == 200, answer.text
    return re.findall(r'<a href="/contacts/\d+">(\w+)', answer.text)


def found(where: str, **also: Any) -> list[str]:
    return sorted(names(get(where=where, **also)))


def problem(where: str) -> str:
    answer = get(where=where)
    assert answer.status_code == 422
    return re.sub(r"&#39;|&#34;", "'", re.search(r'role="alert">(.*?)</p>', answer.text)[1])  # type: ignore[index]


def count(answer: httpx.Response) -> str:
    return re.search(r"<b>([^<]*)</b> contacts?", answer.text)[1]  # type: ignore[index]


def test_the_newest_are_first_when_nothing_is_asked() -> None:
    for place, name in enumerate(("Ana", "Bob", "Cid")):
        somebody(name, created_at=NOW - place * DAY)
    assert names(get()) == ["Ana", "Bob", "Cid"]
    assert count(get()) == "3"


def test_a_condition_filters_by_the_fields_of_contacts_and_of_the_playbook() -> None:
    somebody("Ana", state="CA", score=40, custom={"challenge": "Other"})
    somebody("Bob", state="CA", score=10)
    somebody("Cid", state="NY", score=50)
    assert found('state == "CA"') == ["Ana", "Bob"]
    assert found('state == "CA" and score >= 30') == ["Ana"]
    assert found('not (state == "CA")') == ["Cid"]
    assert found('challenge == "Other"') == ["Ana"]


def test_the_owner_and_the_team_are_asked_for_by_name() -> None:
    sarah, ben = a_rep(), a_rep(name="Ben Ortiz", email="ben@example.com")
    write("UPDATE rep SET team_id = (SELECT id FROM team ORDER BY id LIMIT 1) WHERE id = :id", id=ben)
    team = rows("SELECT name FROM team ORDER BY id LIMIT 1")[0][0]
    somebody("Ana", owner_id=sarah)
    somebody("Bob", owner_id=ben)
    somebody("Cid")
    assert found('owner == "Sarah Miller"') == ["Ana"]
    assert found('owner != "Sarah Miller"') == ["Bob", "Cid"]
    assert found("owner is None") == ["Cid"]
    assert found("owner is not None") == ["Ana", "Bob"]
    assert found('owner in ["Sarah Miller", "Ben Ortiz"]') == ["Ana", "Bob"]
    assert found('owner not in ["Sarah Miller"]') == ["Bob", "Cid"]
    assert found('contains(owner, "ort")') == ["Bob"]
    assert found('"sarah" in owner') == ["Ana"]
    assert found(f'team == "{team}"') == ["Bob"]
    assert found('not (owner == "Ben Ortiz")') == ["Ana", "Cid"]


def test_a_journey_counts_while_they_are_on_it() -> None:
    on, over = somebody("Ana"), somebody("Bob")
    somebody("Cid")
    a_run(on, journey="lead_nurture")
    a_run(over, journey="lead_nurture", status="ended", ending="bought", ended_at=NOW)
    assert found('journey == "lead_nurture"') == ["Ana"]
    assert found("journey is None") == ["Bob", "Cid"]
    assert found('journey != "lead_nurture"') == ["Bob", "Cid"]


def test_an_open_task_is_asked_for_by_its_kind() -> None:
    is_open, done = somebody("Ana"), somebody("Bob")
    a_task(is_open, a_run(is_open), kind="call_lead")
    a_task(done, a_run(done), kind="call_lead", done_at=NOW, outcome="Had Call: Qualified Lead")
    assert found('task == "call_lead"') == ["Ana"]


def test_what_they_bought_counts_until_the_order_is_cancelled() -> None:
    buyer, sorry = somebody("Ana"), somebody("Bob")
    for contact, cancelled in ((buyer, None), (sorry, NOW)):
        write(
            """INSERT INTO "order" (contact_id, product_id, event_id, amount, currency, placed_at, cancelled_at)
               SELECT :contact, id, :contact, 10, 'USD', now(), :cancelled FROM product WHERE code = 'strategy-session'
            """,
            contact=contact,
            cancelled=cancelled,
        )
    assert found('bought == "strategy-session"') == ["Ana"]
    assert found("bought is None") == ["Bob"]


def test_last_activity_is_the_newest_thing_that_they_did_themselves() -> None:
    old, new = somebody("Ana"), somebody("Bob")
    somebody("Cid")
    an_event(old, "link_clicked", at=NOW - 100 * DAY)
    an_event(new, "link_clicked", at=NOW - 100 * DAY)
    an_event(new, "replied", at=NOW - DAY)
    # A program followed the link.
    an_event(old, "link_clicked", at=NOW - DAY, data={"is_machine": True})
    since = (NOW - 30 * DAY).date()
    assert found(f'last_activity >= "{since}"') == ["Bob"]
    assert found(f'last_activity < "{since}"') == ["Ana"]
    assert found("last_activity is None") == ["Cid"]
    assert names(get(sort="-last_activity")) == ["Bob", "Ana", "Cid"]


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ('sttae == "CA"', "did you mean state?"),
        ('ownr == "Sarah"', "did you mean owner?"),
        ('stage == "costumer"', "did you mean 'customer'?"),
        ('stage == "SQL"', "did you mean 'sql'?"),
        ('journey == "lead_nurtur"', "did you mean 'lead_nurture'?"),
        ('suppressed in ["unsubscribed", "bouncd"]', "did you mean 'bounced'?"),
        ('state = "CA"', "write == to compare"),
        ("score >= ", "at character"),
        ("owner > score", "a value was expected"),
        ('last_activity == "2026-01-01"', "compare it by"),
        ("__import__('os')", "a comparison was expected"),
        ("score > 1" + " and score > 1" * 100, "at most 1,000"),
    ],
)
def test_a_condition_that_cannot_be_read_says_where_and_what_was_meant(where: str, sentence: str) -> None:
    assert sentence in problem(where)


def test_any_column_sorts_and_the_empty_ones_come_last_either_way() -> None:
    for name, company, score in (("Ana", "B Ltd", 5), ("Bob", None, 9), ("Cid", "A Ltd", 5), ("Dan", "C Ltd", 1)):
        somebody(name, company=company, score=score)
    assert names(get(sort="company")) == ["Cid", "Ana", "Dan", "Bob"]
    assert names(get(sort="-company")) == ["Dan", "Ana", "Cid", "Bob"]
    assert names(get(sort="-score")) == ["Bob", "Cid", "Ana", "Dan"]
    assert names(get(sort="nonsense")) == names(get())


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "AT_ONCE", 2)


SORTS = (
    "",
    "created_at",
    "company",
    "-company",
    "-score",
    "score",
    "stage",
    "-stage",
    "owner",
    "-owner",
    "who",
    "-who",
)


@pytest.mark.usefixtures("short_pages")
@pytest.mark.parametrize("counted", [10_000, 3, 0], ids=["counted", "few", "sampled"])
@pytest.mark.parametrize("sort", [*SORTS, "last_activity", "-last_activity", "has_budget", "mql_level", "start_by"])
def test_the_pages_together_show_each_contact_once(sort: str, counted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "COUNTED", counted)
    sarah = a_rep()
    for place, name in enumerate(("Ana", "Bob", "Cid", "Dan", "Eve", "Fay", "Gil")):
        contact = somebody(
            name,
            company=(None, "A", "A", 'quote"s & [brackets]')[place % 4],
            score=place % 3,
            stage=("mgl", "sql")[place % 2],
            owner_id=(None, sarah)[place % 2],
            has_budget=(None, True, False)[place % 3],
            custom=({}, {"start_by": "2026-03-01"}, {"start_by": "2026-04-01"})[place % 3],
            created_at=NOW - (place % 3) * DAY,
        )
        if place % 2:
            an_event(contact, "replied", at=NOW - (place % 3) * DAY)
    answer, seen = get(sort=sort), []
    for _ in range(5):
        seen += names(answer)
        following = re.search(r'href="([^"]*)" rel="next"', answer.text)
        if not following:
            break
        answer = browser().get(following[1].replace("&amp;", "&"))
    assert sorted(seen) == ["Ana", "Bob", "Cid", "Dan", "Eve", "Fay", "Gil"]


@pytest.mark.parametrize(
    "after", ["x", "[]", "[1]", '["x", "y"]', "[null, -1]", '["\\u0000", 1]', "[" * 5000, "[1e999, 1]", '["9e99", 1]']
)
@pytest.mark.parametrize("sort", ["", "-score", "company", "stage"])
def test_a_place_that_cannot_be_is_told(after: str, sort: str) -> None:
    answer = get(sort=sort, after=after)
    is_word = sort == "company" and after == '["9e99", 1]'
    assert (answer.status_code, "first page" in answer.text.lower()) == ((200, True) if is_word else (422, True))


@pytest.mark.usefixtures("short_pages")
def test_more_than_are_counted_are_an_estimate_and_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "COUNTED", 2)
    for name in ("Ana", "Bob", "Cid"):
        somebody(name)
    assert count(get()) == "about 3"
    assert "(estimated)" in get().text
    assert count(get(where='email == "ana@example.com"')) == "1"


def test_of_many_the_first_page_is_that_of_all_however_few_the_sample_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    write(MANY, many=12_000)
    write(
        "INSERT INTO event (name, contact_id, at) SELECT 'replied', n, now() - n * interval '1 minute' FROM "
        "generate_series(1, 12000, 7) AS n"
    )
    by_id = [row.id for row in rows("SELECT id FROM contact WHERE id % 7 = 1 ORDER BY score DESC, id DESC LIMIT 50")]
    monkeypatch.setattr(find, "COUNTED", 1_000)
    for sampled in (5_000, 200, 9, 1):
        monkeypatch.setattr(sample, "SAMPLED", sampled)
        page = get(where='last_activity >= "2000-01-01"', sort="-score")
        assert [int(number) for number in re.findall(r'<a href="/contacts/(\d+)">', page.text)] == by_id
        newest = get(sort="-last_activity")
        assert [int(number) for number in re.findall(r'<a href="/contacts/(\d+)">', newest.text)][:3] == [1, 8, 15]


def test_what_takes_long_shows_some_of_them_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    write(MANY, many=20_000)
    write("INSERT INTO event (name, contact_id, at) SELECT 'replied', n, now() FROM generate_series(1, 50) AS n")
    monkeypatch.setattr(find, "QUICK_MS", 0.01)
    some = get(where="last_activity is None")
    assert "only some of them: 5,000 contacts" in some.text
    assert count(some).startswith("about ")
    assert len(re.findall(r'<a href="/contacts/\d+">', some.text)) == 50
    whole = browser().get(re.search(r'href="([^"]*all=1[^"]*)"', some.text)[1].replace("&amp;", "&"))  # type: ignore[index]
    assert "only some of them" not in whole.text
    assert "all=1" in re.search(r'href="([^"]*)" rel="next"', whole.text)[1]  # type: ignore[index]
    nobody = get(where='last_activity < "2001-01-01"')
    assert "Nobody fits so far: 5,000 contacts" in nobody.text
    assert "Among all there may be somebody" in nobody.text
    # One pass over the contacts is always made.
    assert count(get(where='contains(city, "city 00")')) == "0"
    assert "some of them" not in get(sort="city").text


def test_an_estimate_is_near_the_truth_wherever_in_time_they_lie() -> None:
    write(MANY, many=60_000)
    with engine().connect() as connection:
        for where, truth in ((Contact.id <= 600, 600), (Contact.id > 59_000, 1_000), (Contact.score >= 50, 30_000)):
            assert sample.estimate(connection, [where]) == pytest.approx(truth, rel=0.25)  # type: ignore[list-item]
        assert sample.estimate(connection, []) == 60_000


def test_a_list_that_takes_too_long_is_a_kind_page(monkeypatch: pytest.MonkeyPatch) -> None:
    somebody("Ana")
    monkeypatch.setattr(find, "PATIENCE_MS", 50)
    with engine().begin() as other:
        other.execute(text("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE"))
        answer = get(where='state == "CA"')
    assert answer.status_code == 422
    assert "takes longer than" in answer.text
    assert found('email == "ana@example.com"') == ["Ana"]


def test_columns_are_chosen_and_stay_with_the_next_page() -> None:
    somebody("Ana", city="Austin", custom={"challenge": "Other"})
    page = get(columns=["city", "challenge"]).text
    assert "Austin" in page
    assert "Other" in page
    assert "columns=city%2Cchallenge" in page
    assert re.findall(r'data-label="([^"]*)"', page) == ["City", "Biggest challenge"]
    assert re.findall(r'data-label="([^"]*)"', get(columns="no,such,column").text)[0] == "Company"


def test_search_and_condition_hold_together() -> None:
    somebody("Ana", state="CA", company="Northlight Dental")
    somebody("Bob", state="NY", company="Northlight Dental")
    assert names(get(q="northlight", where='state == "NY"')) == ["Bob"]
    assert names(get(q="lights")) == []
    assert names(get(q="dental north", where='state == "CA"')) == ["Ana"]
    assert names(get(q="bob@example.com")) == ["Bob"]


@pytest.mark.parametrize("q", ["+12075550188", "(207) 555-0188", "555-0188", "0188", "+1207", "001 207 5550188"])
def test_a_number_is_found_by_its_parts_however_it_is_written(q: str) -> None:
    for name, number in (("Ana", "+12075550188"), ("Bob", "+493012345678")):
        contact = somebody(name, phone=number)
        write(
            """INSERT INTO identifier (contact_id, kind, value, first_seen_at, last_seen_at)
               VALUES (:contact, 'phone', :number, now(), now())""",
            contact=contact,
            number=number,
        )
    assert names(get(q=q)) == ["Ana"]


@pytest.mark.parametrize("q", ["%", "_", "\\", "'", "\ud800", "🦄", "a" * 5000, "(", '")'])
def test_signs_in_a_search_stand_for_themselves(q: str) -> None:
    somebody("Ana")
    assert names(browser().get(f"/contacts?q={quote(q, errors='surrogatepass')}")) == []


def test_the_csv_has_all_who_were_found_in_the_order_of_the_list() -> None:
    for name, score in (("Ana", 1), ("Bob", 3), ("Cid", 2), ("=Dan", 9)):
        somebody(name, score=score, state="NY" if name == "Cid" else "CA", email=f"{name.strip('=')}@example.com")
    asked = urlencode({"where": 'state == "CA"', "sort": "-score"})
    answer = browser().get(f"/contacts.csv?{asked}")
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert lines[0] == "Number,Who,Company,Stage,Score,Owner,From,Came,Email,Phone"
    assert [line.split(",")[1] for line in lines[1:]] == ["'=Dan Meyer", "Bob Meyer", "Ana Meyer"]
    workbook = browser().get("/contacts.xlsx?sort=score")
    assert workbook.content[:2] == b"PK"
    assert rows("SELECT action FROM audit ORDER BY id") == [
        ("downloaded contacts as CSV",),
        ("downloaded contacts as a workbook",),
    ]
    assert browser().get("/contacts.csv?where=sco+").status_code == 422
