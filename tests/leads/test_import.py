"""Importing files: every row becomes a lead or a rejected lead with its reason, and doing it again changes nothing."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from deployments.demo import sample_leads
from flows.operations.leads.import_leads import ImportResult, import_file, import_leads
from models.leads.csv_file import InvalidCsvFile
from models.leads.lead import UnknownSource
from models.leads.rejected_lead import repair_lead
from models.playbook import apply
from tests.support.paths import SHARED
from tests.support.playbook import apply_playbook, the_shipped_playbook

X_EDUCATION = SHARED / "data" / "x_education_leads" / "Leads.csv"


@pytest.fixture
def database(connection: Connection) -> Connection:
    apply_playbook()
    return connection


def imported(path: Path, source: str | None = "csv", form: str | None = None) -> ImportResult:
    return sum(import_file(path, source, form), ImportResult())


def a_file(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "leads.csv"
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def rows(connection: Connection, statement: str) -> list[Any]:
    connection.rollback()
    return list(connection.execute(text(statement)).mappings())


@pytest.mark.skipif(not X_EDUCATION.exists(), reason="the data is not here")
def test_nine_thousand_real_leads_go_through_whole_and_only_once(database: Connection) -> None:
    assert imported(X_EDUCATION) == ImportResult(read=9240, created=9240)
    assert imported(X_EDUCATION) == ImportResult(read=9240, seen_before=9240)
    found = rows(database, "SELECT DISTINCT custom->>'found_by' AS by FROM contact")
    assert "Google" in {each["by"] for each in found}
    assert "google" not in {each["by"] for each in found}
    assert rows(database, "SELECT FROM contact WHERE city = 'Select' OR country = ''") == []
    assert len(rows(database, "SELECT FROM contact WHERE suppressed = 'unsubscribed'")) == 734
    assert {each["name"] for each in rows(database, "SELECT DISTINCT name FROM event")} == {
        "lead_imported",
        "unsubscribed",
    }
    [event] = rows(database, "SELECT data FROM event ORDER BY id LIMIT 1")
    assert not [name for name in event["data"] if name.startswith("Unnamed")]


def test_the_shipped_sample_is_what_its_generator_makes_and_imports_by_its_own_sources(database: Connection) -> None:
    made = sample_leads.make_leads()
    header, *lines = sample_leads.FILE.read_text().splitlines()
    assert (header, len(lines)) == (",".join(sample_leads.COLUMNS), len(made) == 300 and 300)
    result = imported(sample_leads.FILE, source=None)
    assert (result.read, result.seen_before) == (300, 0)
    assert result.created > 250
    assert result.enriched > 5
    assert 0 < result.rejected < 10
    again = imported(sample_leads.FILE, source=None)
    assert again == ImportResult(read=300, seen_before=300 - result.rejected, rejected=result.rejected)
    assert len(rows(database, "SELECT FROM rejected_lead")) == result.rejected


def test_a_rejected_row_is_kept_once_with_its_reason_and_can_be_repaired(database: Connection, tmp_path: Path) -> None:
    path = a_file(tmp_path, "email,city", "ann@example.com,Portland", "bob,Boston")
    for _ in range(2):
        assert imported(path).rejected == 1
    [kept] = rows(database, "SELECT * FROM rejected_lead")
    assert kept["problems"][0]["field"] == "email"
    values = {"email": "bob@example.com", "city": "Boston"}
    [captured] = repair_lead(database, kept["id"], "csv", values, kept["received_at"])
    database.commit()
    [event] = rows(database, f"SELECT * FROM event WHERE id = {captured.event_id}")
    assert (event["name"], event["key"]) == ("lead_imported", kept["key"])
    assert imported(path) == ImportResult(read=2, seen_before=1, rejected=1)
    assert len(rows(database, "SELECT FROM event")) == 2


def test_a_row_that_can_be_read_after_a_change_of_the_playbook_is_settled(database: Connection, tmp_path: Path) -> None:
    path = a_file(tmp_path, "Source,E-Post,City", "csv,ann@example.com,Boston")
    assert imported(path, source=None).rejected == 1
    playbook = the_shipped_playbook()
    csv = playbook.sources["csv"]
    csv = csv.model_copy(update={"fields": csv.fields | {"email": ("e-post",)}})
    apply(database, playbook.model_copy(update={"sources": playbook.sources | {"csv": csv}}))
    database.commit()
    assert imported(path, source=None).created == 1
    [kept] = rows(database, "SELECT * FROM rejected_lead")
    assert kept["repaired_at"]
    assert kept["event_id"]


def test_the_form_is_what_starts_journeys(database: Connection, tmp_path: Path) -> None:
    path = a_file(tmp_path, "email,form", "ann@example.com,", "bob@example.com,Request Demo")
    assert imported(path, source="website").created == 2
    names = "SELECT name, topic FROM event ORDER BY id"
    silent, asked = rows(database, names)
    assert (silent["name"], silent["topic"]) == ("lead_imported", "website")
    assert (asked["name"], asked["topic"]) == ("form_submitted", "request-demo")
    # Bob's row says the same as before: his form is his own.
    assert imported(path, source="website", form="trial") == ImportResult(read=2, enriched=1, seen_before=1)
    assert [row["topic"] for row in rows(database, names)][2:] == ["trial"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_quotes_and_marks_of_spreadsheets_are_understood(
    database: Connection, tmp_path: Path, separator: str
) -> None:
    lines = (separator.join(row) for row in (("Email", "Company", ""), ("zoe@example.com", '"Søn, Ĉu\n& Co"', "")))
    assert imported(a_file(tmp_path, *lines, encoding="utf-8-sig")).created == 1
    [contact] = rows(database, "SELECT company FROM contact")
    assert contact["company"] == "Søn, Ĉu\n& Co"


def test_ragged_rows_are_told_and_the_others_go_through(database: Connection, tmp_path: Path) -> None:
    path = a_file(tmp_path, "email,city", "ann@example.com", "bob@example.com,Boston,MA,USA", "eve@example.com,Austin")
    assert imported(path) == ImportResult(read=3, created=2, rejected=1)
    [kept] = rows(database, "SELECT * FROM rejected_lead")
    assert kept["problems"][0]["found"] == "2 more"
    assert b"MA" in bytes(kept["raw"])


def test_null_bytes_in_a_row_hold_nothing_back(database: Connection, tmp_path: Path) -> None:
    assert imported(a_file(tmp_path, "email,city", "ann@example.com,a\0b", "eve@example.com,x")).created == 2
    [unread] = rows(database, "SELECT field, found FROM unread_value")
    assert unread == {"field": "city", "found": "a\\x00b"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"email,city", "has columns but no rows"),
        (b"email,city\nann@example.com,Caf\xe9\n", "not in UTF-8: '\\xe9' was found"),
        ("email\nann@example.com\n".encode("utf-16"), "not in UTF-8"),
        (b"town,name\nPortland,Ann\n", "has no column for email or phone or key"),
        (b'email,city\nann@example.com,"open\n', "line 2: this is not CSV"),
    ],
)
def test_a_file_that_cannot_be_imported_is_told_in_a_sentence(
    database: Connection, tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidCsvFile) as refused:
        imported(path)
    assert told in str(refused.value)
    assert rows(database, "SELECT FROM contact") == []


def test_a_source_or_file_that_is_not_there_is_told(database: Connection, tmp_path: Path) -> None:
    path = a_file(tmp_path, "email", "ann@example.com")
    with pytest.raises(UnknownSource, match="Known sources"):
        imported(path, source="nowhere")
    with pytest.raises(InvalidCsvFile, match="has no column source"):
        imported(path, source=None)
    with pytest.raises(InvalidCsvFile, match="cannot be read"):
        imported(tmp_path / "nothing.csv")


def test_the_form_in_prefect_offers_the_sources_of_the_playbook() -> None:
    schema = import_leads.parameters.model_dump()
    assert "call-center" in schema["definitions"]["SourceName"]["enum"]
    assert schema["required"] == ["file", "source"]
