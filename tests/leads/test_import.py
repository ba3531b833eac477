"""Importing files: every row becomes a lead or a rejected lead with its reason, and doing it again changes nothing."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from deployments.demo import sample_leads
from flows.operations.leads.import_leads import import_leads
from models.leads.files.csv_file import BROKEN, InvalidCsvFile, inspect_csv, read_rows
from models.leads.imports.lead_import import ImportResult, import_file
from models.leads.reading.source_match import UnknownSource
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


def contacts(connection: Connection, columns: str = "email, city") -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows(connection, f"SELECT {columns} FROM contact ORDER BY id")]


def written(folder: Path, content: bytes) -> Path:
    path = folder / "leads.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_quotes_and_marks_of_spreadsheets_are_understood(
    database: Connection, tmp_path: Path, separator: str
) -> None:
    lines = (separator.join(row) for row in (("Email", "Company", ""), ("zoe@example.com", '"Søn, Ĉu\n& Co"', "")))
    assert imported(a_file(tmp_path, *lines, encoding="utf-8-sig")).created == 1
    [contact] = rows(database, "SELECT company FROM contact")
    assert contact["company"] == "Søn, Ĉu\n& Co"


ANN_IN_BOSTON = [("ann@example.com", "Boston")]


@pytest.mark.parametrize(
    "content",
    [
        b"sep=;\nemail;city\nann@example.com;Boston\n",
        b'"sep=;"\r\nemail;city\r\nann@example.com;Boston\r\n',
        b"\xef\xbb\xbfsep=\t\nemail\tcity\nann@example.com\tBoston\n",
        b"email;city;a, b, c, d\nann@example.com;Boston;1, 2, 3, 4\n",
        b'"a, b, c";email;city\n1;ann@example.com;Boston\n',
        b"email,city,x;y\nann@example.com,Boston,1;2\n",
        b"\n\n  \nemail,city\n\n,\nann@example.com,Boston\n\n,\n , \n",
        b"email,city,,,\nann@example.com,Boston,,,\n",
        b"email,city\nann@example.com,Boston,,,\n",
        b"email,city\rann@example.com,Boston\r",
        b"email,city\r\nann@example.com,Boston",
        "email,city\r\nann@example.com,Boston\r\n".encode("utf-16"),
        "email\tcity\r\nann@example.com\tBoston\r\n".encode("utf-16"),
        "email\tcity\r\nann@example.com\tBoston\r\n".encode("utf-16-le"),
        "email\tcity\r\nann@example.com\tBoston\r\n".encode("utf-16-be"),
        "email,city\nann@example.com,Boston\n".encode("utf-32"),
        b"email , CITY\n ann@example.com , Boston\n",
        b'Email,City,"a very\nlong name"\nann@example.com,Boston,1\n',
    ],
)  # fmt: skip
def test_files_of_all_programs_are_understood(database: Connection, tmp_path: Path, content: bytes) -> None:
    assert imported(written(tmp_path, content)) == ImportResult(read=1, created=1)
    assert contacts(database) == ANN_IN_BOSTON


@pytest.mark.parametrize(
    ("country", "name", "encoding"),
    [
        ("US", "José Ñandú \N{EN DASH} Café", "cp1252"),
        ("DE", "Jürgen Groß", "cp1252"),
        ("PL", "Łukasz Żółć", "cp1250"),
        ("RU", "Иван Петров", "cp1251"),
        ("GR", "Γιώργος", "cp1253"),
        ("TR", "Şule Güneş", "cp1254"),
        ("JP", "佐藤 健", "cp932"),
        ("CN", "王小明", "gb18030"),
    ],
)
def test_a_file_that_is_not_in_utf_8_is_read_as_excel_of_that_country_writes_it(
    tmp_path: Path, country: str, name: str, encoding: str
) -> None:
    path = written(tmp_path, f"email,company\nann@example.com,{name}\n".encode(encoding))
    layout = inspect_csv(path, country)
    assert [row["company"] for part in read_rows(path, layout) for row in part] == [name]
    [remark] = layout.remarks
    assert f"in which Excel saves CSV in {country}" in remark


def test_files_that_were_put_together_are_read_right_in_each_part(tmp_path: Path) -> None:
    path = written(tmp_path, "company\nCafé\n".encode() + "Zoë\n".encode("cp1252") + "Ñandú\n".encode())
    layout = inspect_csv(path, "US")
    assert [row["company"] for part in read_rows(path, layout) for row in part] == ["Café", "Zoë", "Ñandú"]


def test_of_the_same_column_twice_the_first_that_is_filled_in_counts(database: Connection, tmp_path: Path) -> None:
    path = a_file(
        tmp_path, "Email,City,Email,City", "ann@example.com,Boston,x@example.com,", ",,bob@example.com,Austin"
    )
    assert imported(path).created == 2
    assert contacts(database) == [("ann@example.com", "Boston"), ("bob@example.com", "Austin")]
    assert rows(database, "SELECT data ->> 'Email (2)' AS other FROM event ORDER BY id")[0]["other"] == "x@example.com"
    assert "'Email' is there more than once: of each row the first" in inspect_csv(path).remarks[0]


GOOD = ["ann@example.com,Acme,Boston", "eve@example.com,Acme,Austin"]


@pytest.mark.parametrize(
    "broken",
    [
        'bob@example.com,"Acme, Inc.,Boston',
        'bob@example.com,"Acme" "Inc",Boston,MA',
        "bob@example.com,Acme,Inc.,Boston",
        '"bob@example.com,Acme,Boston',
        ",Acme,Boston",
        ",Acme," + "x" * 200_000,
        "bob at example,Acme,Boston",
    ],
)
def test_a_broken_row_is_kept_and_the_others_go_through(database: Connection, tmp_path: Path, broken: str) -> None:
    path = a_file(tmp_path, "email,company,city", GOOD[0], broken, GOOD[1])
    assert imported(path) == ImportResult(read=3, created=2, rejected=1)
    [kept] = rows(database, "SELECT raw, problems FROM rejected_lead")
    assert "Acme" in bytes(kept["raw"]).decode()
    assert kept["problems"]
    assert [email for email, _ in contacts(database)] == ["ann@example.com", "eve@example.com"]


@pytest.mark.parametrize(
    ("row", "company"),
    [
        ('bob@example.com,"Joe\'s ""Diner""",Boston', 'Joe\'s "Diner"'),
        ('bob@example.com,"Joe\'s "Diner"",Boston', 'Joe\'s "Diner"'),
        ('bob@example.com,"Joe\'s \\"Diner\\", Inc.",Boston', 'Joe\'s "Diner", Inc.'),
        ("bob@example.com,5' 10\" Frames,Boston", "5' 10\" Frames"),
        ('bob@example.com,"two\nlines",Boston', "two\nlines"),
        ('bob@example.com, "Acme, Inc.", "Boston"', "Acme, Inc."),
    ],
)
def test_quotes_are_read_as_programs_write_them(database: Connection, tmp_path: Path, row: str, company: str) -> None:
    assert imported(a_file(tmp_path, "email,company,city", GOOD[0], row, GOOD[1])).created == 3
    assert contacts(database, "company, city")[1] == (company, "Boston")


def test_a_quote_that_nobody_closes_takes_one_line_only(database: Connection, tmp_path: Path) -> None:
    many = [f"a{number}@example.com,Acme {number},Boston" for number in range(3_000)]
    path = a_file(tmp_path, "email,company,city", 'bob@example.com,"Acme, Inc,Boston', *many)
    assert imported(path) == ImportResult(read=3_001, created=3_000, rejected=1)


def test_a_file_of_broken_rows_takes_no_longer_than_another(tmp_path: Path) -> None:
    path = a_file(tmp_path, "email,company", *(f'a{number}@example.com,"x" y,z' for number in range(50_000)))
    assert sum(BROKEN in row for part in read_rows(path) for row in part) == 50_000


def test_a_cell_of_200_000_letters_is_kept_whole(database: Connection, tmp_path: Path) -> None:
    path = a_file(tmp_path, "email,message", "ann@example.com," + "x" * 200_000, "bob@example.com,hi")
    assert imported(path) == ImportResult(read=2, created=2, unread=1)
    [event] = rows(database, "SELECT length(data ->> 'message') AS length FROM event ORDER BY id LIMIT 1")
    assert event["length"] == 200_000


@pytest.mark.parametrize("column", ["source", "Source", "SOURCE", " source "])
def test_a_column_source_says_whose_leads_the_rows_are(database: Connection, tmp_path: Path, column: str) -> None:
    path = a_file(
        tmp_path,
        f"{column},email",
        *("website,a@example.com", "Trade show,b@example.com", "Google Ads,c@example.com", ",d@example.com"),
    )
    assert imported(path, source=None) == ImportResult(read=4, created=4, unread=2)
    assert [source for (source,) in contacts(database, "source")] == [
        *("website", "tradeshow", "unknown: Google Ads", "unknown")
    ]


def test_a_value_that_goes_back_is_the_newest_again(database: Connection, tmp_path: Path) -> None:
    def load(*cities: str) -> ImportResult:
        people = (f"{name}@example.com,{city}" for name, city in zip(("ann", "bob"), cities, strict=True))
        return imported(a_file(tmp_path, "email,city", *people))

    assert load("Austin", "Boston").created == 2
    assert load("Dallas", "Boston") == ImportResult(read=2, enriched=1, seen_before=1)
    assert load("Austin", "Boston") == ImportResult(read=2, enriched=1, seen_before=1)
    assert contacts(database) == [("ann@example.com", "Austin"), ("bob@example.com", "Boston")]
    assert load("Austin", "Boston") == ImportResult(read=2, seen_before=2)
    assert load("Dallas", "Boston") == ImportResult(read=2, enriched=1, seen_before=1)
    assert load("Austin", "Boston").enriched == 1
    assert contacts(database)[0] == ("ann@example.com", "Austin")
    assert len(rows(database, "SELECT FROM event WHERE name = 'lead_imported'")) == 6


def test_a_person_who_is_in_a_file_twice_is_not_imported_again_with_it(database: Connection, tmp_path: Path) -> None:
    path = a_file(tmp_path, "email,city", "ann@example.com,Austin", "ann@example.com,Dallas", "bob@example.com,Boston")
    assert imported(path).read == 3
    assert imported(path) == ImportResult(read=3, seen_before=3)
    assert contacts(database)[0] == ("ann@example.com", "Dallas")


def test_a_form_whose_row_goes_back_is_not_filled_in_again(database: Connection, tmp_path: Path) -> None:
    for city in ("Austin", "Dallas", "Austin"):
        imported(a_file(tmp_path, "email,city,form", f"ann@example.com,{city},trial"))
    names = [row["name"] for row in rows(database, "SELECT name FROM event WHERE key LIKE 'csv:row%' ORDER BY id")]
    assert names == ["form_submitted", "form_submitted", "lead_imported"]
    assert contacts(database) == [("ann@example.com", "Austin")]


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
        (b";;;\n", "is empty"),
        (b"\xff\xfeemail\n\0", "The encoding of"),
        (b"town,name\nPortland,Ann\n", "has no column for email or phone or key"),
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
    assert schema["required"] == ["file"]
