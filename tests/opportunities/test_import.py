"""Files of deals as other systems export them: what is taken, what is kept for repair, and doing it again."""

import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deployments.commands.import_opportunities import import_deals_with_progress
from deployments.stack.command_error import CommandError
from flows.operations.leads import import_opportunities as importing
from flows.operations.leads.import_opportunities import (
    OpportunityImportResult,
    begin_opportunity_import,
    import_opportunity_file,
)
from models.database import engine
from models.events.emit import NewEvent, emit
from models.leads.files.csv_file import InvalidCsvFile
from models.leads.opportunities.deal_rows import repair_row
from models.leads.reading.lead import UnreadableLead
from models.leads.reading.source_match import UnknownSource
from models.orders.record_opportunities import record_opportunities
from models.playbook import apply
from tests.support.database import rows
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.web_pages import browser

HEADER = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"
WON = "A1,Ann Lee,GTX Pro,Acme Corp,Won,2017-01-10,2017-03-01,4800"
LOST = "A2,Ann Lee,GTX Pro,Acme Corp,Lost,2017-01-20,2017-02-01,0"
OPEN = "A3,Bob Ray,MG Special,,Engaging,2017-02-10,,"


@pytest.fixture(autouse=True)
def database(database_url: str) -> str:
    apply_playbook()
    return database_url


def a_file(folder: Path, *lines: str, header: str = HEADER, name: str = "deals.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    return path


def imported(folder: Path, *lines: str, header: str = HEADER, given: tuple[str, ...] = ()) -> OpportunityImportResult:
    return import_opportunity_file(a_file(folder, *lines, header=header), "csv", given)


def remarks(path: Path, *given: str) -> list[str]:
    return begin_opportunity_import(path, "csv", given).remarks


def deals() -> list[tuple[Any, ...]]:
    """Each deal: its number, whose, with whom, what, how it stands, from when to when, and what it brings."""
    found = rows("""
        SELECT reference, rep.name, contact.company, product.code, o.stage, o.opened_at, o.closed_at, o.amount
        FROM opportunity o JOIN contact ON contact.id = o.contact_id LEFT JOIN rep ON rep.id = o.rep_id
        LEFT JOIN product ON product.id = o.product_id ORDER BY reference""")
    return [tuple(_day(value) for value in row) for row in found]


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def rejected() -> list[tuple[str, str]]:
    """The field and the expectation of each problem of the rows that were kept."""
    found = rows("SELECT problems FROM rejected_lead WHERE repaired_at IS NULL ORDER BY id")
    return [(one["field"], one["expected"]) for row in found for one in row.problems]


def test_deals_become_contacts_orders_and_stages(tmp_path: Path) -> None:
    result = imported(tmp_path, WON, LOST, OPEN)
    assert result == OpportunityImportResult(read=3, new=3, won=1, lost=1, open=1, without_account=1)
    assert deals() == [
        ("csv:A1", "Ann Lee", "Acme Corp", "GTX Pro", "won", date(2017, 1, 10), date(2017, 3, 1), 4800),
        ("csv:A2", "Ann Lee", "Acme Corp", "GTX Pro", "lost", date(2017, 1, 20), date(2017, 2, 1), 0),
        ("csv:A3", "Bob Ray", None, "MG Special", "open", date(2017, 2, 10), None, None),
    ]
    assert rows('SELECT reference, amount, CAST(placed_at AS date) FROM "order"') == [
        ("csv:A1", 4800, date(2017, 3, 1))
    ]
    assert rows("SELECT company, stage, CAST(opportunity_at AS date) FROM contact ORDER BY id") == [
        ("Acme Corp", "opportunity", date(2017, 1, 10)),
        (None, "opportunity", date(2017, 2, 10)),
    ]


def test_a_row_that_was_changed_since_updates_its_deal_and_nothing_else(tmp_path: Path) -> None:
    imported(tmp_path, WON, LOST, OPEN)
    later = OPEN.replace("Engaging,2017-02-10,,", "Won,2017-02-10,2017-04-01,55")
    result = imported(tmp_path, WON, LOST, later)
    assert (result.new, result.changed, result.seen_before) == (0, 1, 2)
    assert deals()[2][4:] == ("won", date(2017, 2, 10), date(2017, 4, 1), 55)
    assert rows('SELECT reference, amount FROM "order" ORDER BY id') == [("csv:A1", 4800), ("csv:A3", 55)]
    assert imported(tmp_path, WON, LOST, later).seen_before == 3
    back = imported(tmp_path, WON, LOST, OPEN)
    assert (back.changed, deals()[2][4:]) == (1, ("open", date(2017, 2, 10), None, None))
    assert rows('SELECT reference, cancelled_at IS NULL FROM "order" ORDER BY id') == [
        ("csv:A1", True),
        ("csv:A3", False),
    ]


CHANGED = f"{HEADER},Last Modified Date"


def test_an_older_export_that_is_imported_later_does_not_undo_a_newer_one(tmp_path: Path) -> None:
    october = f"{OPEN},2017-04-01 09:00", "A4,Bob Ray,MG Special,,Lost,2017-02-10,2017-03-02,0,2017-03-02 10:00"
    november = (
        f"{OPEN.replace('Engaging,2017-02-10,,', 'Won,2017-02-10,2017-04-20,55')},2017-04-20 16:30",
        "A4,Bob Ray,MG Special,,Engaging,2017-02-10,,,2017-04-22 08:00",
    )
    imported(tmp_path, *november, header=CHANGED)
    stood = deals()
    assert [deal[4] for deal in stood] == ["won", "open"]
    again = imported(tmp_path, *october, header=CHANGED)
    assert (again.older, again.changed, again.seen_before) == (2, 0, 0)
    assert "2 older than what is known" in str(again)
    assert deals() == stood
    assert rows('SELECT cancelled_at FROM "order"') == [(None,)]
    assert imported(tmp_path, *november, header=CHANGED).seen_before == 2
    december = f"{WON.replace('A1', 'A3')},2017-05-02 09:00"
    assert imported(tmp_path, december, header=CHANGED).changed == 1
    assert deals()[0][6:] == (date(2017, 3, 1), 4800)


@pytest.mark.parametrize("modified", ["", "soon", "0000-00-00"])
def test_a_deal_is_taken_also_where_nobody_can_read_when_it_was_changed(tmp_path: Path, modified: str) -> None:
    assert imported(tmp_path, f"{WON},{modified}", header=CHANGED).new == 1


def test_a_row_does_not_undo_what_a_crm_told_of_a_later_day(tmp_path: Path) -> None:
    imported(tmp_path, LOST)
    [contact] = rows("SELECT contact_id FROM opportunity")
    won = NewEvent(
        name="opportunity_won",
        contact_id=contact.contact_id,
        source="csv",
        data={"reference": "csv:A2", "amount": 70},
        at=datetime(2017, 5, 1, 12, tzinfo=UTC),
        is_history=True,
    )
    with engine().begin() as connection:
        told = [number for number in emit(connection, [won], datetime.now(UTC)) if number]
        record_opportunities(connection, told, "USD", datetime.now(UTC))
    assert [deal[4] for deal in deals()] == ["won"]
    assert imported(tmp_path, LOST).older == 1
    assert [(deal[4], deal[6]) for deal in deals()] == [("won", date(2017, 5, 1))]
    # An open deal of an export without dates of change is open as of today.
    assert imported(tmp_path, OPEN.replace("A3", "A2")).changed == 1
    assert [deal[4] for deal in deals()] == ["open"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("4800", "4500"), 4500),
        (("2017-03-01", "2017-03-02"), date(2017, 3, 2)),
        (("2017-01-10", "2017-01-09"), date(2017, 1, 9)),
        (("Ann Lee", "Bob Ray"), "Bob Ray"),
        (("Acme Corp", "Other Ltd"), "Other Ltd"),
        (("GTX Pro", "MG Special"), "MG Special"),
        (("Won", "Lost"), "lost"),
    ],
)
def test_whatever_is_corrected_in_a_row_is_corrected_in_its_deal_and_order(
    tmp_path: Path, change: tuple[str, str], expected: Any
) -> None:
    imported(tmp_path, WON, LOST, OPEN)
    assert imported(tmp_path, WON.replace(*change), LOST, OPEN).changed == 1
    assert expected in deals()[0]
    [order] = rows("""SELECT amount, CAST(placed_at AS date) AS day, contact.company, cancelled_at
                      FROM "order" JOIN contact ON contact.id = contact_id""")
    deal = deals()[0]
    if deal[4] == "won":
        assert (order.amount, order.day, order.company, order.cancelled_at) == (deal[7], deal[6], deal[2], None)
    else:
        assert order.cancelled_at


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("B1,Ann Lee,GTX Pro,Acme,Wonn,2017-01-10,2017-03-01,1", "stage"),
        ("B1,Ann Lee,GTX Pro,Acme,,2017-01-10,2017-03-01,1", "stage"),
        ("B1,Ann Lee,GTX Pro,Acme,Won,2017-03-02,2017-03-01,1", "closed_at"),
        ("B1,Ann Lee,GTX Pro,Acme,Won,2017-01-10,,1", "closed_at"),
        ("B1,Ann Lee,GTX Pro,Acme,Won,soon,2017-03-01,1", "opened_at"),
        ("B1,Ann Lee,GTX Pro,Acme,Won,2017-01-10,2099-03-01,1", "closed_at"),
        ("B1,Ann Lee,GTX Pro,Acme,Won,2017-01-10,2017-02-30,1", "closed_at"),
        ("B1,Ann Lee,GTX Pro,Acme,Won,2017-01-10,2017-03-01,-5", "amount"),
        ("B1,Ann Lee,GTX Pro,Acme,Won,2017-01-10,2017-03-01,much", "amount"),
        ("B1,Ann Lee,GTX Pro,Acme,Won,2017-01-10,2017-03-01,99999999999", "amount"),
        ("B1,Ann Lee,Teapot,Acme,Won,2017-01-10,2017-03-01,1", "product"),
        (",Ann Lee,GTX Pro,Acme,Won,2017-01-10,2017-03-01,1", "reference"),
        ("B1,Ann Lee,GTX Pro,Acme,Won,2017-01-10,2017-03-01,1,more", "row"),
    ],
)
def test_what_cannot_be_so_is_kept_for_repair_once_and_the_others_go_through(
    tmp_path: Path, row: str, problem: str
) -> None:
    a_file(tmp_path, "GTX Pro,4821", "MG Special,55", header="product,sales_price", name="products.csv")
    for _ in range(2):
        result = imported(tmp_path, WON, row, OPEN)
        assert (result.read, result.rejected) == (3, 1)
        assert [field for field, _ in rejected()] == [problem]
    assert [deal[0] for deal in deals()] == ["csv:A1", "csv:A3"]


def test_a_kept_row_is_a_deal_once_a_person_has_repaired_it(tmp_path: Path) -> None:
    imported(tmp_path, WON, "B1,Ann Lee,GTX Pro,Acme Corp,Won,2017-03-02,2017-03-01,70")
    [kept] = rows("SELECT id FROM rejected_lead")
    values = {
        **{"reference": "B1", "rep": "Ann Lee", "product": "GTX Pro", "account": "Acme Corp", "stage": "Won"},
        **{"opened_at": "2017-03-02", "closed_at": "2017-03-01", "amount": "70", "note": "seen"},
    }
    with pytest.raises(UnreadableLead), engine().begin() as connection:
        repair_row(connection, kept.id, "csv", values, datetime.now(UTC))
    with pytest.raises(UnreadableLead), engine().begin() as connection:
        repair_row(connection, kept.id, "csv", ["B1"], datetime.now(UTC))
    with engine().begin() as connection:
        [captured] = repair_row(connection, kept.id, "csv", values | {"closed_at": "2017-03-05"}, datetime.now(UTC))
    assert deals()[1][:3] == ("csv:B1", "Ann Lee", "Acme Corp")
    assert rows("SELECT count(DISTINCT contact_id) FROM opportunity") == [(1,)]
    assert rows("SELECT event_id FROM rejected_lead WHERE repaired_at IS NOT NULL") == [(captured.event_id,)]


def test_a_row_that_can_be_read_after_a_change_of_the_map_is_repaired_by_that(tmp_path: Path) -> None:
    row = WON.replace("Won", "Verhandlung")
    assert imported(tmp_path, row).rejected == 1
    result = imported(tmp_path, row, given=("stage:Verhandlung=open",))
    assert (result.new, result.open, rejected()) == (1, 1, [])


def test_a_number_that_stands_twice_is_one_deal_and_the_other_row_is_kept(tmp_path: Path) -> None:
    other = WON.replace("4800", "9999")
    for new in (1, 0):
        result = imported(tmp_path, WON, WON, other)
        assert (result.new, result.rejected, result.seen_before) == (new, 1, 2 - new)
    assert [deal[7] for deal in deals()] == [4800]
    assert [field for field, _ in rejected()] == ["reference"]


def test_the_lists_beside_a_file_are_taken_and_it_is_said_which_were_found(tmp_path: Path) -> None:
    a_file(
        tmp_path,
        "ACME Corp.,software,12.5,51-200,United States,Big Holding",
        header="account,sector,revenue,employees,office_location,subsidiary_of",
        name="accounts.csv",
    )
    a_file(tmp_path, "Ann Lee,Nora Fields,East", header="sales_agent,manager,regional_office", name="sales_teams.csv")
    path = a_file(tmp_path, WON, OPEN)
    said = " ".join(remarks(path))
    assert "accounts.csv, beside it, is its list of accounts: 1 row." in said
    assert "No list of products was found beside it." in said
    assert "2 products became known by this file alone, without a price." in said
    assert "In no list of salespeople, and kept without a team: Bob Ray." in said
    import_opportunity_file(path, "csv")
    found = rows("SELECT company, industry, employees, country FROM contact WHERE company IS NOT NULL")
    assert [tuple(row) for row in found] == [("ACME Corp.", "software", 51, "United States")]
    assert rows(
        "SELECT data ->> 'subsidiary_of' FROM event WHERE name = 'lead_imported' AND data ? 'subsidiary_of'"
    ) == [("Big Holding",)]
    people = rows("""SELECT rep.name, email, active, team.name AS team, manager, region FROM rep
                     LEFT JOIN team ON team.id = team_id WHERE email LIKE '%.invalid' ORDER BY 1""")
    assert [tuple(row) for row in people] == [
        ("Ann Lee", "ann.lee@csv.invalid", False, "Nora Fields", "Nora Fields", "East"),
        ("Bob Ray", "bob.ray@csv.invalid", False, None, None, None),
    ]


def test_people_of_a_file_live_beside_the_playbook_and_become_whom_it_names(tmp_path: Path) -> None:
    imported(tmp_path, WON, OPEN)
    playbook = the_shipped_playbook()
    with engine().begin() as connection:
        assert apply(connection, playbook) == []
    team = playbook.teams[0]
    ann = team.reps[0].model_copy(update={"name": "Ann LEE", "email": "ann@brightwater.example.com"})
    with_ann = playbook.model_copy(
        update={"teams": (team.model_copy(update={"reps": (*team.reps, ann)}), *playbook.teams[1:])}
    )
    with engine().begin() as connection:
        apply(connection, with_ann)
    assert rows("SELECT name, email, active FROM rep WHERE lower(name) = 'ann lee'") == [
        ("Ann LEE", "ann@brightwater.example.com", True)
    ]
    assert imported(tmp_path, WON, OPEN).seen_before == 2
    with engine().begin() as connection:
        apply(connection, playbook)
        assert apply(connection, playbook) == []
    assert rows("SELECT active FROM rep WHERE lower(name) = 'ann lee'") == [(False,)]
    assert imported(tmp_path, WON, OPEN).seen_before == 2


def test_a_person_of_the_playbook_is_that_person_however_the_file_spells_them(tmp_path: Path) -> None:
    spelled = ("sarah  miller", "Miller, Sarah", "SARAH MILLER", "sarah.miller@brightwater.example.com", "Sárah Miller")
    lines = [WON.replace("A1", f"C{n}").replace("Ann Lee", f'"{name}"') for n, name in enumerate(spelled)]
    assert imported(tmp_path, *lines).rejected == 0
    assert {deal[1] for deal in deals()} == {"Sarah Miller"}
    assert rows("SELECT count(*) FROM rep WHERE email LIKE '%.invalid'") == [(0,)]


def test_accounts_in_several_spellings_are_one_contact_and_letters_of_all_kinds_are_kept(tmp_path: Path) -> None:
    names = (
        "Acme Corp",
        "ACME CORP.",
        "acme-corp",
        "Ünïcode GmbH",
        "株式会社テスト",
        "=HYPERLINK(1)",
        "'; DROP TABLE x",
    )
    lines = [WON.replace("A1", f"C{n}").replace("Acme Corp", f'"{name}"') for n, name in enumerate(names)]
    imported(tmp_path, *lines)
    assert {row.company for row in rows("SELECT company FROM contact")} == {"Acme Corp", *names[3:]}


@pytest.mark.parametrize(
    "lines",
    [
        ("1C1I7A6R,Moses Frase,GTX Plus Basic,Cancity,Won,20-10-2016,01-03-2017,1054",),
        ("email,first_name", "ann@example.com,Ann"),
        (HEADER,),
        ("",),
        ("product,sales_price", "GTX Pro,4821"),
    ],
)
def test_a_file_of_another_kind_is_refused_before_anything_is_stored(tmp_path: Path, lines: tuple[str, ...]) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(InvalidCsvFile):
        import_opportunity_file(path, "csv")
    assert rows("SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM rejected_lead)") == [(0, 0)]


def test_where_a_file_is_from_has_to_be_said_and_known(tmp_path: Path) -> None:
    path = a_file(tmp_path, WON)
    with pytest.raises(InvalidCsvFile, match="--source"):
        import_opportunity_file(path, None)
    with pytest.raises(UnknownSource):
        import_opportunity_file(path, "nowhere")
    with pytest.raises(InvalidCsvFile, match="cannot be read"):
        import_opportunity_file(tmp_path / "missing.csv", "csv")


def test_exports_of_common_systems_are_taken_as_they_are(tmp_path: Path) -> None:
    hubspot = (
        "Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Create Date,Associated Company,Is Closed Won",
        "17,Acme - New,closedwon,2024-03-31 14:30,Sarah Miller,$4800.00,2024-01-10 09:00,Acme,true",
        "18,Acme - Old,appointmentscheduled,2031-03-31,Sarah Miller,,2024-01-10 09:00,Acme,false",
    )
    pipedrive = (
        "Deal - ID;Deal - Title;Deal - Owner;Deal - Organization;Deal - Status;Deal - Stage;Deal - Value;"
        "Deal - Currency;Deal - Deal created;Deal - Won time;Deal - Lost time",
        "27;New;Sarah Miller;Beta;Won;Negotiations Started;900;EUR;2024-01-10 09:00:00;2024-02-10 09:00:00;",
        "28;Old;Sarah Miller;Beta;Lost;Proposal Made;700;EUR;2024-01-10 09:00:00;;2024-03-10 09:00:00",
        "29;Now;Sarah Miller;Beta;Open;Our Own Stage;800;EUR;2024-01-10 09:00:00;;",
    )
    salesforce = (
        "Opportunity Name,Account Name,Stage,Close Date,Created Date,Opportunity Owner,Amount Currency,Amount",
        "Big one,Gamma,Closed Won,3/31/2024,1/10/2024,Sarah Miller,USD,1200.50",
        "Big one,Delta,Closed Lost,3/31/2024,1/10/2024,Sarah Miller,USD,1200.50",
        "Small one,Gamma,Negotiation/Review,4/5/2031,1/10/2024,Sarah Miller,USD,",
    )
    for lines in (hubspot, pipedrive, salesforce):
        result = imported(tmp_path, *lines[1:], header=lines[0])
        assert (result.new, result.rejected) == (len(lines) - 1, 0), rejected()
    found = [(deal[0], deal[2], deal[4], deal[5], deal[6], deal[7]) for deal in deals()]
    opened = date(2024, 1, 10)
    assert found == [
        ("csv:17", "Acme", "won", opened, date(2024, 3, 31), 4800),
        ("csv:18", "Acme", "open", opened, None, None),
        ("csv:27", "Beta", "won", opened, date(2024, 2, 10), 900),
        ("csv:28", "Beta", "lost", opened, date(2024, 3, 10), 700),
        ("csv:29", "Beta", "open", opened, None, 800),
        ("csv:Big one / Delta", "Delta", "lost", opened, date(2024, 3, 31), pytest.approx(1200.50)),
        ("csv:Big one / Gamma", "Gamma", "won", opened, date(2024, 3, 31), pytest.approx(1200.50)),
        ("csv:Small one / Gamma", "Gamma", "open", opened, None, None),
    ]
    assert {row.currency for row in rows("SELECT currency FROM opportunity WHERE reference LIKE 'csv:2%'")} == {"EUR"}


def test_two_imports_at_once_store_each_deal_once(tmp_path: Path) -> None:
    lines = [WON.replace("A1", f"N{n}").replace("Acme Corp", f"Account {n % 7}") for n in range(300)]
    path = a_file(tmp_path, *lines)
    results: list[OpportunityImportResult] = []
    threads = [threading.Thread(target=lambda: results.append(import_opportunity_file(path, "csv"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(result.new for result in results) == 300
    assert (sum(result.changed for result in results), len(results)) == (0, 3)
    assert rows('SELECT (SELECT count(*) FROM opportunity), (SELECT count(*) FROM "order")') == [(300, 300)]
    assert rows("SELECT count(*) FROM contact") == [(7,)]


def test_killed_in_the_middle_it_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [OPEN.replace("A3", f"N{n}") for n in range(1500)]
    path = a_file(tmp_path, *lines)
    start = begin_opportunity_import(path, "csv")
    parts = start.parts()
    start.store(next(parts))
    with monkeypatch.context() as patch:
        patch.setattr(importing, "mark_repaired", _die)
        with pytest.raises(KeyboardInterrupt):
            start.store(next(parts))
    assert rows("SELECT count(*) FROM opportunity") == [(1000,)]
    result = import_opportunity_file(path, "csv")
    assert (result.new, result.seen_before) == (500, 1000)
    assert rows("SELECT (SELECT count(*) FROM opportunity), (SELECT count(*) FROM contact)") == [(1500, 1500)]


def _die(*_: Any) -> None:
    raise KeyboardInterrupt


def test_the_command_shows_what_became_of_the_rows_and_what_was_said_of_the_file(tmp_path: Path) -> None:
    console = Console(record=True, width=200)
    row = OPEN.replace("Engaging", "Verhandlung")
    import_deals_with_progress(a_file(tmp_path, WON, LOST, row), "csv", (), console)
    shown = console.export_text()
    assert "rejected: something in them cannot be read" in shown
    assert "can be repaired: " in shown
    assert "No list of accounts was found beside it." in shown
    with pytest.raises(CommandError, match="--source NAME"):
        import_deals_with_progress(a_file(tmp_path, WON), None, (), console)


def test_a_kept_row_can_be_repaired_on_its_page(tmp_path: Path) -> None:
    imported(tmp_path, WON, "B1,Ann Lee,GTX Pro,Acme Corp,Wonn,2017-03-02,2017-03-05,70")
    [kept] = rows("SELECT id FROM rejected_lead")
    page = browser().get(f"/rejected/{kept.id}")
    assert "Wonn" in page.text
    names = ["reference", "rep", "product", "account", "stage", "opened_at", "closed_at", "amount"]
    values = ["B1", "Ann Lee", "GTX Pro", "Acme Corp", "Won", "2017-03-02", "2017-03-05", "70"]
    answer = browser().post(f"/rejected/{kept.id}", data={"source": "csv", "name": names, "value": values})
    assert answer.status_code in (200, 303)
    assert [deal[0] for deal in deals()] == ["csv:A1", "csv:B1"]
