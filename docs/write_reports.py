"""Writes what the documentation says of KPIs, tables and views: `python docs/write_reports.py` brings it up to date.

The words are those of the code: the definitions, the docstrings of the tables' columns, the views' comments. They stand
between two marks in each page; a test holds the pages against the code.
"""

import ast
import re
import textwrap
from pathlib import Path

from models.kpi.definitions import CHAPTERS, Kpi
from models.kpi.definitions.recording import needs
from models.kpi.diagnosis.rules import CHAPTERS as CAUSES_BY_CHAPTER
from models.kpi.diagnosis.rules import Rule
from models.kpi.views import VIEWS
from models.kpi.views.counts import STAGES
from models.kpi.views.results import ACTUAL, FINDINGS, FORECAST, GOALS, HOLDOUTS, MAILS, RUNS, SOURCES
from models.tables.kpi import contribution, counts, facts, results, run, totals

DOCS = Path(__file__).parent
LINE = 120

EVERYWHERE = {
    "id": "Its number.",
    "day": "The day, by the company's time zone.",
    "month": "Its first day.",
    "dimension": "What it is cut by: `all`, `person`, `source`, `product`, `journey`.",
    "team_id": "The team; 0: everybody together.",
    "rep_id": "The salesperson; 0: nobody.",
    "member": "Which one of the dimension: number of a person, name of a source, code of a product, name of a journey.",
    "measure": "What was counted.",
    "count": "How many there were.",
    "amount": "The money, added up.",
    "reading": "`cohort` or `period`.",
    "currency": "Of the money; empty where there is none.",
    "source": "Where the contact first came from; empty: not known.",
    "product": "Its code; empty: none.",
    "journey": "The journey; empty: none.",
    "template": "The name of the mail's template.",
    "stage": "The stage of contacts.",
    "step": "The name of the step.",
    "verb": "What kind of step.",
    "contact_id": "The contact; no foreign key, so it stays when they are erased.",
    "kpi": "Which KPI.",
    "known_from": "Since when this is what is reported.",
    "known_until": "Until when it was; null: now.",
    "made_on": "The day.",
}
"""What columns are that need no words of their own where they stand."""

OF_VIEWS = {
    "kpi_run": RUNS,
    "kpi_funnel": STAGES,
    "kpi_message": MAILS,
    "kpi_holdout": HOLDOUTS,
    "kpi_source": SOURCES,
    "kpi_forecast": FORECAST | ACTUAL,
    "kpi_goal": GOALS,
    "kpi_finding": FINDINGS,
}
"""Table -> the words of the view that shows it."""

TABLE_MODULES = (run, facts, counts, totals, contribution, results)
"""Where the tables stand in code, in the order of the page."""

KPIS, CAUSES, TABLES, VIEWS_MARK = "kpis", "causes", "tables", "views"
PAGES = {"reports.md": (CAUSES, KPIS), "report-tables.md": (TABLES, VIEWS_MARK)}


def sections() -> dict[str, str]:
    """What stands between the marks, by their names."""
    return {KPIS: _kpis(), CAUSES: _causes(), TABLES: _tables(), VIEWS_MARK: _views()}


def written(page: str) -> str:
    """A page with its sections as the code says."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for name in PAGES[page]:
        begin, end = f"<!-- {name}: written by docs/write_reports.py -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n\n{sections()[name]}\n\n{end}{rest.partition(end)[2]}"
    return text


def _kpis() -> str:
    return "\n\n".join(
        part for chapter, kpis in CHAPTERS.items() for part in (f"### {chapter}", *(_kpi(kpi) for kpi in kpis))
    )


def _kpi(kpi: Kpi) -> str:
    readings = [f"**Day, by {reading}:** {how.basis}." for reading, how in kpi.readings().items()]
    points = [f"**Formula:** {kpi.formula}.", *readings, f"**Example:** {kpi.example.words}", *kpi.edge_cases]
    points += [needed] if (needed := needs(kpi)) else []
    points.append(f"**From:** {kpi.source}")
    return "\n".join(
        (
            f"#### {kpi.title}",
            "",
            _wrap(f"`{kpi.name}`, {_unit(kpi)}; {kpi.better} is better. {kpi.definition}"),
            "",
            *(_wrap(f"- {point}", "  ") for point in points),
        )
    )


def _unit(kpi: Kpi) -> str:
    words = {"count": "a count", "share": "a share", "a week": "a number a week", "days": "in days"}
    return words.get(kpi.unit, "a length of time" if kpi.unit == "seconds" else kpi.unit)


def _causes() -> str:
    return "\n\n".join(
        "\n".join((f"### {chapter}", "", *(_wrap(f"- {_cause(rule)}", "  ") for rule in rules)))
        for chapter, rules in CAUSES_BY_CHAPTER.items()
    )


def _cause(rule: Rule) -> str:
    """`X` stands for whichever one it is."""
    return f"**{rule.title}:** {rule.who.format(group='X')}, beside {rule.others}. {rule.advice} See `{rule.link}`."


def _tables() -> str:
    modules = [ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")) for module in TABLE_MODULES]
    models = [
        node for module in modules for node in module.body if isinstance(node, ast.ClassDef) and _table_name(node)
    ]
    return "\n\n".join(_table(node) for node in models)


def _table_name(model: ast.ClassDef) -> str | None:
    for node in model.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__tablename__":
            return str(ast.literal_eval(node.value))
    return None


def _table(model: ast.ClassDef) -> str:
    about = _one_line(ast.get_docstring(model) or "")
    rows = [f"| `{column}` | {words} |" for column, words in _columns(model).items()]
    return "\n".join((f"### {_table_name(model)}", "", _wrap(about), "", "| column | what it is |", "|---|---|", *rows))


def _columns(model: ast.ClassDef) -> dict[str, str]:
    """Column -> the docstring below it, else what it is in a view, or everywhere. KeyError where nobody explains it."""
    found: dict[str, str] = {}
    others = EVERYWHERE | OF_VIEWS.get(_table_name(model) or "", {})
    for node, after in zip(model.body, [*model.body[1:], ast.Pass()], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            found[name] = _one_line(str(ast.literal_eval(after.value))) if isinstance(after, ast.Expr) else others[name]
    return found


def _views() -> str:
    return "\n\n".join(
        "\n".join(
            (
                f"### {view.name}",
                "",
                _wrap(view.about),
                "",
                "| column | what it is |",
                "|---|---|",
                *(f"| `{column}` | {words} |" for column, words in view.columns.items()),
            )
        )
        for view in VIEWS
    )


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _wrap(text: str, indent: str = "") -> str:
    return "\n".join(
        textwrap.wrap(text, LINE, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
    )


if __name__ == "__main__":
    for name in PAGES:
        (DOCS / name).write_text(written(name), encoding="utf-8")
