"""Views of KPIs: numerator and denominator by day, so that any tool gets the value of any time by dividing their sums.

What is no sum of days is not in them: medians, retention, pipeline velocity, and what stands at the end of a day.
"""

from collections.abc import Iterator

from models.kpi.definitions import KPIS, Kpi, Reading
from models.kpi.definitions.kpi import Ratio, Term, Total, WeeklyTotal
from models.kpi.views.view import NOW, OF_PERSON, OF_TEAM, PERSON, PERSON_TABLES, TEAM, View, quoted

MAIL_COLUMNS = ("sent", "reached", "opened", "clicked", "bounced", "unsubscribed")
STAGE_COLUMNS = ("moved_on", "moved_on_days")

COLUMNS = {
    "kpi": "The KPI, as goals call it; report_definitions says what it means.",
    "title": "The same for people.",
    "unit": "What the value is: count, share, money, days, equivalents.",
    "reading": "period: what happened on the day. cohort: what became of those who began on it. Never add the two.",
    "currency": "Of money; else empty.",
    "numerator": "Added up over days, by the denominator added up, it is the value.",
    "denominator": "Empty where the value is the numerator itself.",
}


def _terms() -> Iterator[tuple[Kpi, Reading, str, Term]]:
    """Every number of every KPI that adds up, with its part."""
    for kpi in KPIS:
        for reading, how in kpi.readings().items():
            if any(term.dated == "last day" for term in how.terms) or isinstance(how, WeeklyTotal):
                continue
            if isinstance(how, Ratio):
                yield from ((kpi, reading, "numerator", term) for term in how.numerator)
                yield from ((kpi, reading, "denominator", term) for term in how.denominator)
            elif isinstance(how, Total):
                yield from ((kpi, reading, "numerator", term) for term in how.of)


def _values() -> str:
    rows = [
        (kpi.name, reading, part, term.table, term.name, term.goal, term.column, term.dated)
        for kpi, reading, part, term in _terms()
    ]
    signs = [term.sign for *_, term in _terms()]
    return ",\n".join(
        f"({', '.join(quoted(str(value)) for value in row)}, {sign})" for row, sign in zip(rows, signs, strict=True)
    )


def _found(rows: str, *, with_mails: bool) -> str:
    """SQL: every number by day, member and team of the member; `rows` says which of `k` are meant."""
    stages = ", ".join(f"('{column}', CAST(k.{column} AS numeric))" for column in STAGE_COLUMNS)
    tables = [
        f"""
        SELECT k.day, k.member, k.team_id, k.currency, t.kpi, t.reading, t.part, t.sign * CASE t.number
               WHEN 'count' THEN k.count WHEN 'amount' THEN k.amount ELSE CAST(k.value AS numeric) END AS number
        FROM term t JOIN kpi_daily k ON k.measure = t.name
        WHERE t.source = 'kpi_daily' AND {rows} AND {NOW}""",
        f"""
        SELECT CASE t.dated WHEN 'goal' THEN k.day + k.days ELSE k.day END, k.member, k.team_id, '', t.kpi, t.reading,
               t.part, t.sign * CASE WHEN t.number = 'count' THEN k.count WHEN k.days < 0 THEN 0
               WHEN t.number = 'after' THEN k.count ELSE k.count * k.days END
        FROM term t JOIN kpi_cohort k ON k.begin = t.name AND k.goal = t.goal
        WHERE t.source = 'kpi_cohort' AND {rows} AND {NOW}""",
        f"""
        SELECT k.day, k.member, k.team_id, '', t.kpi, t.reading, t.part, t.sign * c.number
        FROM kpi_funnel k, LATERAL (VALUES {stages}) AS c (name, number) JOIN term t ON t.number = c.name
        WHERE t.source = 'kpi_funnel' AND {rows} AND {NOW}""",
    ]
    if with_mails:
        mails = ", ".join(f"('{column}', k.{column})" for column in MAIL_COLUMNS)
        tables.append(f"""
        SELECT k.day, '', 0, '', t.kpi, t.reading, t.part, t.sign * c.number
        FROM kpi_message k, LATERAL (VALUES {mails}) AS c (name, number) JOIN term t ON t.number = c.name
        WHERE t.source = 'kpi_message' AND {NOW}""")
    return " UNION ALL ".join(tables)


def _select(rows: str, members: str, tables: str, *, with_mails: bool = False) -> str:
    titles = ", ".join(f"({quoted(kpi.name)}, {quoted(kpi.title)}, {quoted(kpi.unit)})" for kpi in KPIS)
    return f"""
    WITH term (kpi, reading, part, source, name, goal, number, dated, sign) AS (VALUES {_values()}),
    title (kpi, title, unit) AS (VALUES {titles}),
    found AS ({_found(rows, with_mails=with_mails)}),
    k AS (
        SELECT day, member, team_id, kpi, title, unit, reading,
               CASE WHEN unit = 'money' THEN currency ELSE '' END AS currency,
               coalesce(sum(number) FILTER (WHERE part = 'numerator'), 0) AS numerator,
               CASE WHEN EXISTS (SELECT FROM term
                                 WHERE (term.kpi, term.reading) = (found.kpi, found.reading)
                                   AND part = 'denominator')
                    THEN coalesce(sum(number) FILTER (WHERE part = 'denominator'), 0) END AS denominator
        FROM found JOIN title USING (kpi)
        GROUP BY day, member, team_id, kpi, title, unit, reading, 8)
    SELECT k.day, {members}{", ".join(f"k.{name}" for name in COLUMNS)} FROM k {tables}"""


DAY = {"day": "The day of the reading: see report_definitions."}

KPI_VIEWS = (
    View(
        "report_kpi",
        "Numerator and denominator of a KPI on a day, everybody together.",
        DAY | COLUMNS,
        _select("k.dimension = 'all' AND k.team_id = 0", "", "", with_mails=True),
    ),
    View(
        "report_kpi_by_team",
        "The same by team.",
        DAY | OF_TEAM | COLUMNS,
        _select("k.dimension = 'all' AND k.team_id <> 0", f"{TEAM}, ", "JOIN team t ON t.id = k.team_id"),
    ),
    View(
        "report_kpi_by_person",
        "The same by salesperson.",
        DAY | OF_PERSON | COLUMNS,
        _select("k.dimension = 'person'", f"{PERSON}, ", PERSON_TABLES),
    ),
    View(
        "report_definitions",
        "What each KPI means.",
        {
            "kpi": "Its name, as goals and views call it.",
            "title": "The same for people.",
            "definition": "What it says.",
            "formula": "How it is computed, in words.",
            "unit": "What the value is.",
            "better": "Which way is good: higher or lower.",
            "day_by_period": "On which day what counts, by period; empty: it has no such reading.",
            "day_by_cohort": "The same by cohort.",
            "example": "A worked example.",
        },
        "SELECT * FROM (VALUES {}) AS d "
        "(kpi, title, definition, formula, unit, better, day_by_period, day_by_cohort, example)".format(
            ", ".join(
                "("
                + ", ".join(
                    quoted(part)
                    for part in (
                        kpi.name,
                        kpi.title,
                        kpi.definition,
                        kpi.formula,
                        kpi.unit,
                        kpi.better,
                        kpi.period.basis if kpi.period else "",
                        kpi.cohort.basis if kpi.cohort else "",
                        kpi.example.words,
                    )
                )
                + ")"
                for kpi in KPIS
            )
        ),
    ),
)
