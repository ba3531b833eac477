"""Scenario tables: one row of a table is one test, readable by whoever knows the business and no Python."""

from collections.abc import Callable
from typing import Any, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])

WORDS: dict[str, Any] = {"": None, "-": None, "yes": True, "no": False}


def scenarios(table: str) -> Callable[[Test], Test]:
    """Run a test once for each row of a table.

    The first row names the columns, parted by `|`; each is an argument of the test, with blanks as underscores. A
    column `scenario` names the rows and is no argument. Numbers are numbers, yes and no are true and false, an empty
    cell or `-` is None, everything else is text. Lines of dashes count for nothing. Raises ValueError for a row that
    does not fit.
    """
    import pytest

    columns, rows = read_table(table)
    arguments = [name for name in columns if name != "scenario"]
    values = [pytest.param(*(row[name] for name in arguments), id=_title(row)) for row in rows]
    return pytest.mark.parametrize(arguments, values)


def _title(row: dict[str, Any]) -> str:
    return str(row["scenario"]) if row.get("scenario") else " ".join(map(str, row.values()))


def read_table(table: str) -> tuple[list[str], list[dict[str, Any]]]:
    """The names of the columns, and each row by them. Raises ValueError."""
    lines = [line.strip().strip("|") for line in table.strip().splitlines()]
    lines = [line for line in lines if line.strip(" -|:")]
    columns = [name.strip().replace(" ", "_") for name in lines[0].split("|")] if lines else []
    if len(lines) < 2:
        raise ValueError("A table of scenarios needs a row of names and at least one row of values, parted by '|'.")
    rows = []
    for number, line in enumerate(lines[1:], start=1):
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != len(columns):
            raise ValueError(
                f"Row {number} of the table has {len(cells)} cells, and there are {len(columns)} columns: {line!r}."
            )
        rows.append(dict(zip(columns, map(_value, cells), strict=True)))
    return columns, rows


def _value(cell: str) -> Any:
    if cell in WORDS:
        return WORDS[cell]
    return int(cell) if cell.removeprefix("-").isdigit() else cell
