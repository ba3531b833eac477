"""The pages of routers: who got how much, out of whom and why, and which leads wait."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import count
from typing import Any

import pytest

from models import Absence, Assignment, CandidateSet, Placement, Rep
from models.database import engine
from models.routing.assignment.pool import draw_number, index_of_draw
from models.routing.fairness import Share, shares_by_router
from models.routing.fairness import router_lines as lines_of
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact, add, browser
from web.routing.assignment_log import explain_draw

NOW = datetime.now(UTC).replace(microsecond=0)
number = count(1)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def rep(name: str) -> int:
    return int(rows("SELECT id FROM rep WHERE name LIKE :name", name=f"{name} %")[0][0])


def a_set(**parts: float | str) -> int:
    """Who could get a lead, with their share, or why not."""
    candidates: list[dict[str, Any]] = [
        {"rep": rep(name), "name": name} | ({"left_out": part} if isinstance(part, str) else {"share": part})
        for name, part in parts.items()
    ]
    return add(CandidateSet, router="inbound", made_at=NOW, candidates=candidates)


def a_lead(name: str, among: int | None = None, **columns: Any) -> int:
    contact = columns.pop("contact_id", None) or a_contact(email=f"lead{next(number)}@example.com")
    given = {"router": "inbound", "number": next(number), "how": "weighted", "reason": 'rule 1: state == "CA"'}
    return add(Assignment, contact_id=contact, rep_id=rep(name), candidate_set_id=among, at=NOW, **given | columns)


def held() -> dict[str, Share]:
    with engine().connect() as connection:
        found = shares_by_router(connection, ["inbound"])["inbound"]
    return {name: found[rep(name)] for name in ("Sarah", "John", "Mike") if rep(name) in found}


def test_what_is_due_is_the_sum_of_the_shares_that_held_for_each_lead() -> None:
    everybody, without_mike = a_set(Sarah=0.5, John=0.25, Mike=0.25), a_set(Sarah=0.75, John=0.25, Mike="is away")
    for name, among in [("Sarah", everybody), ("Mike", everybody), ("John", without_mike), ("Sarah", without_mike)]:
        a_lead(name, among)

    assert held() == {
        "Sarah": Share(got=2, got_by_share=2, due=2.5),
        "John": Share(got=1, got_by_share=1, due=1.0),
        "Mike": Share(got=1, got_by_share=1, due=0.5),
    }
    assert held()["Sarah"].difference == -0.5


def test_leads_that_were_given_without_shares_are_got_and_not_held_against_anybody() -> None:
    a_lead("Sarah", how="offer")

    assert held() == {"Sarah": Share(got=1, got_by_share=0, due=0.0)}
    assert held()["Sarah"].difference == 0


def test_the_list_says_how_far_the_furthest_is_off_and_how_many_leads_wait() -> None:
    among = a_set(Sarah=0.5, John=0.5)
    for _ in range(3):
        a_lead("Sarah", among)
    a_waiting_lead()

    with engine().connect() as connection:
        lines = {line.name: line for line in lines_of(connection)}
    page = browser().get("/routers").text

    assert (lines["inbound"].largest_deviation, lines["inbound"].waiting) == (1.5, 1)
    assert "1 waiting" in page
    assert "Sarah Miller, John Okafor, Mike Brandt" in page


def test_a_router_is_found_by_name_and_by_number() -> None:
    found = rows("SELECT id FROM router WHERE name = 'client care'")[0][0]

    for which in ("client%20care", str(found)):
        page = browser().get(f"/routers/{which}")
        assert page.status_code == 200
        assert "Router client care" in page.text
    assert browser().get("/routers/nowhere").status_code == 404


def test_the_page_shows_shares_results_and_who_is_there() -> None:
    among = a_set(Sarah=0.75, John=0.25)
    for name in ("Sarah", "Sarah", "John", "Sarah"):
        a_lead(name, among)
    add_absence("Mike")

    page = browser().get("/routers/inbound").text

    assert "75.0% of 75.0%" in page
    assert "25.0% of 25.0%" in page
    assert "is away" in page
    assert "3 today" in page


def test_who_is_no_longer_a_member_is_still_accounted_for() -> None:
    gone = add(Rep, name="Dana Reed", email="dana@example.com", active=False)
    add(Assignment, contact_id=a_contact(), rep_id=gone, router="inbound", how="weighted", reason="rule 1", at=NOW)

    page = browser().get("/routers/inbound").text

    assert "Dana Reed" in page
    assert "is no longer a member" in page


def test_the_ledger_tells_who_could_have_it_and_why_others_could_not() -> None:
    a_lead("Sarah", a_set(Sarah=0.75, John=0.25, Mike="is not at work"), previous_rep_id=rep("Mike"))

    page = browser().get("/routers/inbound").text

    assert "rule 1: state == &#34;CA&#34;" in page
    assert "weighted, 2 could have it" in page
    assert "Sarah (75.0%), John (25.0%)" in page
    assert "Mike is not at work" in page
    assert "was Mike Brandt" in page


def test_a_draw_can_be_followed() -> None:
    a_lead("Sarah", a_set(John=0.25, Sarah=0.75), draw=0.4132, how="weighted random")

    page = browser().get("/routers/inbound").text

    assert "drawn 0.4132: John (25%) up to 0.2500, Sarah (75%) up to 1.0000" in page


def test_a_draw_falls_where_the_replay_says() -> None:
    candidates = [{"rep": 1, "name": "John", "share": 0.25}, {"rep": 2, "name": "Sarah", "share": 0.75}]

    draw = draw_number("seed", 1)

    says = explain_draw(draw, candidates, None)
    assert index_of_draw(draw, [25, 75]) == (0 if draw < 0.25 else 1)
    assert says.startswith(f"drawn {draw:.4f}: John (25%) up to 0.2500")
    assert explain_draw(0.5, candidates, 1) == "drawn 0.5000: Sarah (100%) up to 1.0000"


def test_a_long_ledger_is_read_a_page_at_a_time() -> None:
    among = a_set(Sarah=1.0)
    for _ in range(52):
        a_lead("Sarah", among)

    first = browser().get("/routers/inbound").text
    oldest_shown = rows("SELECT id FROM assignment ORDER BY id DESC OFFSET 49 LIMIT 1")[0][0]
    second = browser().get(f"/routers/inbound?before={oldest_shown}").text

    assert f"before={oldest_shown}" in first
    assert first.count("could have it") == 50
    assert second.count("could have it") == 2


def test_the_ledger_as_csv_runs_no_formulas() -> None:
    evil = a_contact(email="evil@example.com", first_name="=HYPERLINK(1)", last_name=None)
    a_lead("Sarah", a_set(Sarah=1.0), contact_id=evil, reason="@SUM(1)")

    answer = browser().get("/routers/inbound/ledger.csv")

    line = next(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert (line["Lead"], line["Because"], line["Salesperson"]) == ("'=HYPERLINK(1)", "'@SUM(1)", "Sarah Miller")
    assert 'filename="ledger-inbound.csv"' in answer.headers["content-disposition"]
    assert browser().get("/routers/nowhere/ledger.csv").status_code == 404


def test_leads_that_wait_say_since_when_and_when_managers_are_told() -> None:
    a_waiting_lead(escalate_at=NOW + timedelta(hours=1))
    a_waiting_lead(escalated_at=NOW)

    page = browser().get("/routers/inbound").text

    assert page.count("nobody is available") == 2
    assert "managers told" in page
    assert "2 hours ago" in page


def test_leads_of_somebody_who_left_are_pointed_out() -> None:
    gone = add(Rep, name="Dana Reed", email="dana@example.com", active=False)
    a_contact(owner_id=gone)

    page = browser().get("/routers").text

    assert "Dana Reed is not active any more: 1 lead is still theirs" in page
    assert "reassign-leads" in page


def test_routers_are_for_ops(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("/routers", "/routers/inbound", "/routers/inbound/ledger.csv"):
        assert browser("http://tend.example.com").get(path).status_code in (303, 401, 403)


def a_waiting_lead(**columns: Any) -> None:
    contact = a_contact(email=f"lead{next(number)}@example.com")
    asked = {"router": "inbound", "reason": "rule 1", "offered": False, "queued_at": NOW - timedelta(hours=2)}
    add(Placement, contact_id=contact, **asked | columns)


def add_absence(name: str) -> None:
    today = NOW.date()
    days = {"first_day": today - timedelta(days=1), "last_day": today + timedelta(days=1)}
    add(Absence, rep_id=rep(name), **days)
