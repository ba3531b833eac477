"""Finds the lists that lie beside a file of deals: accounts, products, and the teams of the salespeople."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.leads.files.csv_file import InvalidCsvFile, inspect_csv, read_rows
from models.playbook.source import normalize_name
from models.wording import counted

MOST_FILES = 200
"""Files of one folder that are looked at."""
MILLIONS = re.compile(r"\bin millions\b|\bmillions of\b|\(m\)", re.I)


@dataclass(frozen=True)
class ListKind:
    """One kind of list: how its file is called, and its columns."""

    name: str
    file: re.Pattern[str]
    columns: Mapping[str, Sequence[str]]
    """Our name -> what lists call it; the first is what every row must have."""
    one_of: Sequence[str]
    """Columns of which such a list has one, beside the first."""


KINDS = (
    ListKind(
        "accounts",
        re.compile("account|compan|organi[sz]ation|customer", re.I),
        {
            "account": ("account", "account name", "company", "company name", "organization", "organisation", "name"),
            "industry": ("sector", "industry"),
            "annual_revenue": ("revenue", "annual revenue"),
            "employees": ("employees", "number of employees", "employee count", "company size"),
            "country": ("office location", "country", "billing country", "headquarters"),
            "subsidiary_of": ("subsidiary of", "parent account", "parent company", "parent"),
            "year_established": ("year established", "year founded", "founded"),
        },
        ("industry", "annual_revenue", "employees", "country", "subsidiary_of"),
    ),
    ListKind(
        "products",
        re.compile("product|price|item", re.I),
        {
            "product": ("product", "product name", "name", "item"),
            "price": ("sales price", "price", "list price", "unit price", "retail price"),
            "code": ("product code", "sku", "code"),
            "series": ("series", "product family", "family", "category"),
            "currency": ("currency", "currency iso code"),
        },
        ("price",),
    ),
    ListKind(
        "salespeople",
        re.compile("team|agent|owner|user|rep|people|staff", re.I),
        {
            "rep": ("sales agent", "agent", "salesperson", "sales rep", "rep", "owner", "user", "full name", "name"),
            "manager": ("manager", "manager name", "sales manager", "team lead", "reports to"),
            "region": ("regional office", "region", "office", "territory"),
            "team": ("team", "team name"),
            "email": ("email", "email address", "user email"),
        },
        ("manager", "team", "region"),
    ),
)


@dataclass
class ListsBeside:
    """The lists that were found, as rows by our names."""

    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """Name of a kind -> its rows; kinds that were not found are missing."""
    remarks: list[str] = field(default_factory=list)
    """What was found and what was not, a sentence each."""


def find_lists(path: Path, country: str) -> ListsBeside:
    """The lists in the folder of a file, told by their names and columns; what cannot be read is said."""
    found = ListsBeside()
    files = [each for each in _csv_files(path.parent) if each.name != path.name]
    for kind in KINDS:
        for file in (each for each in files if kind.file.search(each.stem)):
            try:
                rows = _rows(file, kind, country)
            except InvalidCsvFile as error:
                found.remarks.append(str(error))
                continue
            if rows is not None:
                found.rows[kind.name] = rows
                found.remarks.append(
                    f"{file.name}, beside it, is its list of {kind.name}: {counted(len(rows), 'row')}."
                )
                break
        else:
            found.remarks.append(f"No list of {kind.name} was found beside it.")
    _scale_revenue(found, files, country)
    return found


def _csv_files(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.suffix.casefold() == ".csv" and each.is_file())[
            :MOST_FILES
        ]
    except OSError:
        return []


def _rows(file: Path, kind: ListKind, country: str) -> list[dict[str, str]] | None:
    """The rows of a list; None for a file of another kind. Raises InvalidCsvFile."""
    layout = inspect_csv(file, country)
    named = {normalize_name(column): column for column in reversed(layout.columns) if column}
    columns: dict[str, str] = {}
    for ours, theirs in kind.columns.items():
        if column := next((named[name] for each in theirs if (name := normalize_name(each)) in named), None):
            columns[ours] = column
    first = next(iter(kind.columns))
    if first not in columns or not set(kind.one_of) & columns.keys():
        return None
    rows = (_named(row, columns) for part in read_rows(file, layout) for row in part)
    return [row for row in rows if row.get(first)]


def _named(row: Mapping[str, object], columns: Mapping[str, str]) -> dict[str, str]:
    return {ours: text for ours, column in columns.items() if (text := str(row.get(column) or "").strip())}


def _scale_revenue(found: ListsBeside, files: Sequence[Path], country: str) -> None:
    """Where a description of the columns lies beside it and says that revenue is in millions, it is taken so."""
    if any(MILLIONS.search(text) for text in _revenue_descriptions(files, country)):
        for row in found.rows.get("accounts", ()):
            try:
                row["annual_revenue"] = str(round(float(row["annual_revenue"]) * 1_000_000))
            except (KeyError, ValueError, OverflowError):
                continue
        found.remarks.append("The revenue of accounts is in millions, as the description of the columns says.")


def _revenue_descriptions(files: Sequence[Path], country: str) -> Iterator[str]:
    for file in files:
        if "dictionary" in file.stem.casefold():
            try:
                layout = inspect_csv(file, country)
            except InvalidCsvFile:
                continue
            for part in read_rows(file, layout):
                texts = (" ".join(str(value) for value in row.values()) for row in part)
                yield from (text for text in texts if "revenue" in text.casefold())
