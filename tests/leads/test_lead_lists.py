"""The hot and the cold list: who is on them, why, what the hottest have in common, and the same as a file."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from models import Contact, Order, ScoreEntry
from models.database import engine
from models.playbook import apply
from models.playbook.scoring import Direction, ScoreRule, Scoring, Threshold
from tests.support.playbook import the_shipped_playbook
from tests.support.web_pages import NOW, a_contact, a_message, a_rep, a_task, add, an_event, browser, task_path
from web.frame.csv_response import escape_formula

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    """Warm at 20, hot at 50; clicks make up no more than 10."""
    clicks = ScoreRule(name="clicks", points=Decimal(5), on=("link_clicked",), at_most=Decimal(10))
    thresholds = (("warm", 20, Direction.RISING), ("hot", 50, Direction.RISING), ("lost", 60, Direction.FALLING))
    scoring = Scoring(
        rules=(clicks,),
        thresholds=tuple(Threshold(name=name, score=Decimal(at), direction=way) for name, at, way in thresholds),
    )
    playbook = the_shipped_playbook().model_copy(update={"scoring": scoring})
    with engine().begin() as connection:
        apply(connection, playbook)


def a_lead(name: str, score: float = 0, **columns: Any) -> int:
    return a_contact(email=f"{name.lower()}@example.com", first_name=name, last_name=None, score=score, **columns)


def points(contact: int, given: int, reason: str, *, days: int = 0, rule: str | None = None, slot: str = "1") -> None:
    at = NOW - days * DAY
    entry = {"points": given, "reason": reason, "rule": rule, "slot": slot, "at": at, "day": at.date()}
    add(ScoreEntry, contact_id=contact, **entry)


def names(path: str) -> list[str]:
    """Who is on a list, in its order."""
    page = browser().get(path).text
    return re.findall(r'<td><a href="/contacts/\d+">([^<]*)</a>', page)


def table(path: str) -> list[dict[str, str]]:
    """The file."""
    answer = browser().get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_hot_list_has_who_is_at_the_highest_threshold_or_the_one_that_is_chosen() -> None:
    for name, score in (("Ann", 50), ("Bob", 80), ("Cid", 49.99), ("Dan", 20)):
        a_lead(name, score)
    a_lead("Eve", 99, stage="customer")

    assert names("/lists/hot") == ["Bob", "Ann"]
    assert names("/lists/hot?threshold=warm") == ["Bob", "Ann", "Cid", "Dan"]
    assert names("/lists/hot?threshold=hot&score=49") == ["Bob", "Ann", "Cid"]
    assert names("/lists/hot?customers=true") == ["Eve", "Bob", "Ann"]
    assert names("/lists/hot?threshold=unknown") == ["Bob", "Ann"]
    assert browser().get("/lists").headers["location"] == "/lists/hot"


def test_a_score_that_is_no_number_is_told_and_the_list_stays() -> None:
    a_lead("Ann", 50)
    page = browser().get("/lists/hot?score=many").text
    assert "“many” does not fit here: give a number" in page
    assert "Ann" in page


def test_each_line_says_whose_it_is_why_it_is_hot_and_what_is_to_be_done() -> None:
    ann = a_lead("Ann", 60, owner_id=a_rep(), mql_level=3, probability=Decimal("0.42"), suppressed="unsubscribed")
    # Within the cap clicks are 10 of the points; of what a month ago was 40, 16 are left.
    for slot in "123456":
        points(ann, 5, "clicks", rule="clicks", slot=slot)
    points(ann, 40, "asked for a quote", days=30)
    an_event(ann, "link_clicked", at=NOW - 2 * DAY)
    an_event(ann, "link_clicked", at=NOW, data={"is_machine": True})
    task = a_task(ann)

    page = " ".join(re.sub(r"<[^>]*>", " ", browser().get("/lists/hot").text).split())
    for shown in ("60 42% likely", "asked for a quote", "level 3", "unsubscribed", "Sarah Miller", "First call due in"):
        assert shown in page
    assert "Clicked a link 2 days ago" in page
    assert task_path(task) in browser().get("/lists/hot").text


def test_the_lists_are_narrowed_to_an_owner_or_to_nobodys() -> None:
    sarah = a_rep()
    a_lead("Ann", 60, owner_id=sarah)
    a_lead("Bob", 60)
    assert names(f"/lists/hot?owner={sarah}") == ["Ann"]
    assert names("/lists/hot?owner=0") == ["Bob"]
    assert [line["name"] for line in table(f"/lists/hot.csv?owner={sarah}")] == ["Ann"]


def test_the_cold_list_has_who_may_be_mailed_and_was_silent_longest() -> None:
    def silent(name: str, days: int, **columns: Any) -> int:
        contact = a_lead(name, created_at=NOW - 400 * DAY, **columns)
        an_event(contact, "form_submitted", at=NOW - days * DAY)
        return contact

    ann, _, _ = silent("Ann", 100), silent("Bob", 31), silent("Cid", 3)
    silent("Dan", 200, suppressed="bounced")
    a_lead("Eve", created_at=NOW - 90 * DAY)
    an_event(ann, "link_clicked", at=NOW, data={"is_machine": True})
    an_event(ann, "points_added", at=NOW)
    for number, state in enumerate(("sent", "sent", "failed")):
        a_message(ann, key=str(number), state=state, sent_at=NOW - DAY)

    assert names("/lists/cold") == ["Ann", "Eve", "Bob"]
    assert names("/lists/cold?days=60") == ["Ann", "Eve"]
    [first, *_] = table("/lists/cold.csv?days=60")
    assert (first["name"], first["days silent"], first["mails since"]) == ("Ann", "100", "2")


def test_a_page_has_fifty_and_the_file_all() -> None:
    with engine().begin() as connection:
        people = [{"email": f"c{n}@example.com", "first_name": f"L{n}x", "score": 50 + n} for n in range(53)]
        connection.execute(Contact.__table__.insert(), people)  # type: ignore[attr-defined]

    assert len(names("/lists/hot")) == 50
    assert names("/lists/hot?leaf=2") == ["L2x", "L1x", "L0x"]
    assert "53 leads at 50 points or more; 51 to 53 are shown" in browser().get("/lists/hot?leaf=2").text
    assert len(table("/lists/hot.csv")) == 53


def test_the_profile_tells_what_is_more_common_among_the_hottest_than_elsewhere() -> None:
    for number in range(4):
        contact = a_lead(f"Hot{number}", 70, source="website", job_title="Owner", employees=20 + number)
        an_event(contact, "form_submitted" if number else "lead_imported", at=NOW)
        a_lead(f"Cold{number}", 0, source="csv", job_title="Owner", employees=3000)
    buyer = a_lead("Buyer", 0, stage="customer", created_at=NOW - 12 * DAY)
    event = an_event(buyer, "order_placed", at=NOW)
    add(Order, contact_id=buyer, event_id=event, amount=1, currency="USD", placed_at=NOW)

    page = browser().get("/lists/hot").text
    profile = " ".join(re.sub(r"<[^>]*>", " ", page[page.index('id="profile"') :]).split())
    assert "All 4" in profile
    assert "75% began by filling in a form" in profile
    assert "1 buyer took 12.0 days on average" in profile
    for line in ("Source website 100% 44%", "Job title Owner 100% 89%", "Employees 10 to 49 100% 44%"):
        assert line in profile


def test_an_empty_business_has_empty_lists() -> None:
    assert "Nobody is at 50 points or more" in browser().get("/lists/hot").text
    assert "Nobody has been silent for 30 days" in browser().get("/lists/cold").text
    assert table("/lists/hot.csv") == []


def test_where_nobody_is_hot_the_lower_thresholds_are_a_click_away() -> None:
    assert 'href="/lists/hot?threshold=warm&amp;score="' in browser().get("/lists/hot").text


@pytest.mark.parametrize("path", ["/lists/hot", "/lists/cold"])
def test_a_page_after_the_end_leads_back(path: str) -> None:
    assert "The list ends before this page." in browser().get(f"{path}?leaf=7").text


@pytest.mark.parametrize("path", ["/lists/hot", "/lists/cold", "/lists/hot.csv", "/lists/cold.csv"])
def test_the_lists_are_for_ops(path: str) -> None:
    assert browser("http://tend.example.com").get(path).status_code == 303
    assert browser().get(f"{path}?owner=x").status_code == 422


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ('=HYPERLINK("http://evil.example")', '\'=HYPERLINK("http://evil.example")'),
        ("+1|cmd", "'+1|cmd"),
        ("-2+3", "'-2+3"),
        (" @SUM(A1)", "' @SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("+12075550140", "+12075550140"),
        (Decimal("-4.50"), "-4.50"),
        ("Anne-Marie", "Anne-Marie"),
        (None, ""),
    ],
)
def test_no_cell_is_a_formula(value: Any, cell: str) -> None:
    assert escape_formula(value) == cell
    if isinstance(value, str):
        a_lead("Ann", 60, company=value)
        assert table("/lists/hot.csv")[0]["company"] == cell
