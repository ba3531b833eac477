"""Writes a report as text for a terminal, as Markdown for a pull request, or as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from flows.rehearsal.bands import Band
from flows.rehearsal.report import Cell, Report, Table

MARKS = " ▁▂▃▄▅▆▇█"


def as_text(report: Report) -> str:
    """For a terminal: columns under each other, and the mails of each day as a line of bars."""
    lines = [report.title, "", report.about, ""]
    if bars := _bars(report):
        lines += ["Mails by day", f"  {bars}", ""]
    for table in report.tables:
        lines += [table.title, *_columns(table)]
        lines += [f"  {table.note}", ""] if table.note else [""]
    lines += [f"- {note}" for note in report.notes]
    return "\n".join(lines) + "\n"


def as_markdown(report: Report) -> str:
    """With tables, and with a chart that GitHub draws."""
    lines = [f"## {report.title}", "", report.about, ""]
    if report.mails_by_day:
        lines += [*_mermaid(report), ""]
    for table in report.tables:
        lines += [f"### {table.title}", "", f"| {' | '.join(table.columns)} |"]
        lines += [f"|{'---|' * len(table.columns)}"]
        lines += [f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in table.rows]
        lines += ["", *([table.note, ""] if table.note else [])]
    lines += [f"- {note}" for note in report.notes]
    return "\n".join(lines) + "\n"


def as_json(report: Report) -> str:
    """All numbers, with the ends of each band."""
    return json.dumps(_plain(asdict(report)), ensure_ascii=False, indent=2) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def cell_text(cell: Cell) -> str:
    """A cell as people read it."""
    if cell is None:
        return "not known"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _escaped(cell: Cell) -> str:
    return cell_text(cell).replace("|", "\\|").replace("\n", " ")


def _columns(table: Table) -> list[str]:
    rows: list[Sequence[str]] = [table.columns, *([cell_text(cell) for cell in row] for row in table.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.columns))]
    lines = []
    for row in rows:
        first, *others = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        lines.append(f"  {first}  {'  '.join(others)}".rstrip())
    return lines


def _bars(report: Report) -> str:
    middles = [one.middle for one in report.mails_by_day.values()]
    most = max(middles, default=0)
    return "".join(MARKS[round(value / most * (len(MARKS) - 1))] for value in middles) if most else ""


def _mermaid(report: Report) -> list[str]:
    def line(values: Sequence[float]) -> str:
        return f"    line [{', '.join(f'{value:g}' for value in values)}]"

    bands: list[Band] = list(report.mails_by_day.values())
    labels = [
        f'"{day.isoformat()[5:]}"' if number % 7 == 0 else '" "' for number, day in enumerate(report.mails_by_day)
    ]
    return [
        "```mermaid",
        "xychart-beta",
        '    title "Mails by day: low, median, high"',
        f"    x-axis [{', '.join(labels)}]",
        '    y-axis "mails"',
        line([one.low for one in bands]),
        line([round(one.middle, 1) for one in bands]),
        line([one.high for one in bands]),
        "```",
    ]
