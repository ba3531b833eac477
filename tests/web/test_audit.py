"""Who did what: each thing that ops do stands in the audit, with who it was and without secrets."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from models import Role
from models.access.audit import KEPT, Act, AuditFilter, Change, read_audit, record
from models.access.ops_names import AT_THIS_MACHINE
from models.database import engine
from tests.support.database import rows
from tests.support.logins import WORLD, a_login, browser_of, logged_in_as
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact, a_run, browser

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_WEB_URL", WORLD)
    apply_playbook()


def test_what_somebody_does_is_recorded_with_their_name_and_the_event_says_it_was_them() -> None:
    contact, number = a_contact(), a_login()
    nora = browser_of(number)
    decided = {"decision": "no mail at all from here", "reason": "asked on the phone"}
    nora.post(f"/contacts/{contact}/mail", data=decided)
    assert rows("SELECT who, login_id, action, contact_id, path, network_address FROM audit") == [
        ("Nora Lindqvist", number, "decided about mail", contact, f"/contacts/{contact}/mail", "127.0.0.1")
    ]
    assert rows("SELECT data ->> 'by' FROM event") == [("Nora Lindqvist",)]
    page = nora.get(f"/contacts/{contact}").text
    assert "Nora Lindqvist" in page
    assert "decided about mail" in nora.get("/audit").text


def test_without_a_login_the_audit_says_by_which_way_it_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    contact = a_contact()
    run = a_run(contact, status="stuck", stuck_reason="x")
    monkeypatch.delenv("TEND_WEB_URL")
    browser().post(f"/runs/{run}/move", data={"action": "end", "ending": "bought elsewhere"})
    assert rows("SELECT who, login_id, action, contact_id FROM audit") == [
        (AT_THIS_MACHINE, None, "ended a journey", contact)
    ]


def test_whoever_may_only_look_reads_neither_network_addresses_nor_those_of_logins() -> None:
    with engine().begin() as connection:
        record(
            connection,
            Act(who="Sarah", action="invited", path="/logins", network_address="192.0.2.7", data={"email": "x@y.org"}),
            NOW,
        )
    for role, name, sees in ((Role.LOOK, "Lena Look", False), (Role.WORK, "Nora Lindqvist", True)):
        visitor = logged_in_as(role, name)
        for path in ("/audit", "/audit/audit.csv"):
            page = visitor.get(path).text
            assert ("192.0.2.7" in page, "x@y.org" in page, "invited" in page) == (sees, sees, True)


def test_what_fails_leaves_no_row() -> None:
    nora = logged_in_as(Role.WORK)
    assert nora.post("/runs/17/move", data={"action": "retry"}).status_code == 409
    assert rows("SELECT count(*) FROM audit") == [(0,)]


def test_no_row_holds_a_secret_or_a_long_text() -> None:
    with engine().begin() as connection:
        said = {"new_password": "x", "api key": "x", "token": "x", "kept": "y" * 5_000, "empty": "", "number": 7}
        record(connection, Act(who="Nora", action="did", path="/", contact_id=2**40, data=said), NOW)
        [line] = read_audit(connection, AuditFilter(), 10)
    assert line.contact_id is None
    assert set(line.data) == {"kept", "number"}
    assert len(line.data["kept"]) < 600


def test_the_audit_is_filtered_by_who_what_whom_and_when_and_comes_as_a_file() -> None:
    contact = a_contact()
    with engine().begin() as connection:
        for day, who, action, about in (
            (1, "Nora", "merged", contact),
            (2, "Mike", "=cmd()", None),
            (3, "Nora", "x", None),
        ):
            act = Act(who=who, action=action, path="/contacts", contact_id=about)
            record(connection, act, datetime(2026, 11, day, 12, tzinfo=UTC))
    visitor = logged_in_as(Role.LOOK)
    for query, expected in (
        ("", {"merged", "=cmd()", "x"}),
        ("who=Nora", {"merged", "x"}),
        ("q=MERG", {"merged"}),
        (f"contact={contact}", {"merged"}),
        ("since=2026-11-02", {"=cmd()", "x"}),
        ("until=2026-11-01", {"merged"}),
        ("contact=abc&since=yesterday&until=9999-12-31", {"merged", "=cmd()", "x"}),
    ):
        assert visitor.get(f"/audit?{query}").status_code == 200
        lines = visitor.get(f"/audit/audit.csv?{query}").text.splitlines()[1:]
        assert {line.split(",")[2].lstrip("'") for line in lines} == expected, query
    assert "'=cmd()" in visitor.get("/audit/audit.csv").text


def test_rows_go_after_two_years_and_not_with_their_contact() -> None:
    contact = a_contact()
    with engine().begin() as connection:
        for at in (NOW - KEPT - timedelta(days=1), NOW):
            record(connection, Act(who="Nora", action="did", path="/", contact_id=contact), at)
        connection.execute(text("DELETE FROM contact"))
        [line] = read_audit(connection, AuditFilter(), 10)
    assert (line.at, line.contact_id) == (NOW, None)


def test_an_act_says_from_what_to_what_something_went() -> None:
    sarah, john = (rows("SELECT id FROM rep WHERE name LIKE :n", n=f"{one}%")[0].id for one in ("Sarah", "John"))
    contact = a_contact(first_name="Ana", owner_id=sarah)
    nora = logged_in_as(Role.WORK)
    act = f"/contacts/{contact}"
    nora.post(f"{act}/owner", data={"rep": str(john), "was_owner": str(sarah), "once": "a"})
    nora.post(f"{act}/stage", data={"stage": "sql", "was_stage": "mgl", "once": "b"})
    nora.post(f"{act}/fields", data={"first_name": "Anna", "was_first_name": "Ana", "once": "c"})
    nora.post(f"{act}/qualify", data={"has_budget": "yes", "was_has_budget": ""})
    nora.post(f"{act}/mail", data={"decision": "no mail at all from here", "reason": "asked"})
    expected = (
        "owner from Sarah Miller to John Okafor",
        "stage from marketing generated to sales qualified",
        "First name from Ana to Anna",
        "Is there a budget? from nothing to Yes",
        "mail they get from all to no mail at all",
    )
    for path in ("/audit", "/audit/audit.csv", act):
        page = nora.get(path).text
        assert [words for words in expected if words not in page] == [], path


def test_what_a_team_page_moves_names_the_owners_before_and_after() -> None:
    sarah, john = (rows("SELECT id FROM rep WHERE name LIKE :n", n=f"{one}%")[0].id for one in ("Sarah", "John"))
    for number in range(3):
        a_contact(email=f"{number}@example.com", owner_id=sarah if number else john)
    nora = logged_in_as(Role.WORK)
    mike = rows("SELECT name FROM rep WHERE id NOT IN (:a, :b) AND active ORDER BY id LIMIT 1", a=sarah, b=john)[0].name
    contacts = [row.id for row in rows("SELECT id FROM contact ORDER BY id")]
    form = {"action": "leads", "number": contacts, "to": mike, "reason": "away", "go": "yes", "back": "/follow-up"}
    assert nora.post("/team/leads", data=form, follow_redirects=False).status_code == 303
    assert f"owner from Sarah Miller (2), John Okafor (1) to {mike}" in nora.get("/audit").text


def test_what_the_audit_keeps_of_a_lead_goes_with_the_lead() -> None:
    contact = a_contact()
    changes = [Change("First name", "Ana", "Anna"), Change("Last name", "Li", "Li"), Change("api key", "x", "y")]
    with engine().begin() as connection:
        record(connection, Act(who="Nora", action="did", path="/", contact_id=contact, changes=changes), NOW)
        [before] = read_audit(connection, AuditFilter(), 10)
        connection.execute(text("DELETE FROM contact"))
        [after] = read_audit(connection, AuditFilter(), 10)
    assert (before.changes, after.changes) == ((Change("First name", "Ana", "Anna"),), ())
