"""Reading what was found: causes with their figures and advice, for pages, mails and exports."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, text

from models.kpi.read import Question
from models.kpi.versions import as_known
from models.tables.kpi import KpiName

LOOKED_ON = text("""
-- The newest day whose causes a run has looked for: one with nothing found counts as well.
SELECT max(last_day) FROM kpi_run
WHERE last_day <= :last AND (CAST(:known_at AS timestamptz) IS NULL OR known_at <= :known_at)
""")


@dataclass(frozen=True)
class Evidence:
    """One number that shows a cause."""

    about: str
    number: float
    of: int | None
    """Of how many; None for a number that is no count."""
    low: float | None
    high: float | None
    """Between which the truth lies, at 95%; None for what was counted."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A cause that the figures support for a KPI that is off its target."""

    made_on: date
    kpi: KpiName
    cause: str
    title: str
    rank: int
    """1 for the one worth most."""
    sentence: str
    advice: str
    link: str
    """A path of the pages where it is seen or set."""
    figures: tuple[Evidence, ...]
    """In the order to be shown."""
    orders_a_month: float | None
    """What it may cost; None where the figures do not tell."""
    revenue_a_month: Decimal | None
    currency: str


def read_findings(connection: Connection, question: Question) -> list[Finding]:
    """The causes as found by the last day of the question, those worth most first; empty where chance explains all, or
    nothing is off its target.

    A cause is looked for in the three months before that day, however long the period is. Causes that are found may lie
    behind the same leads, so what they cost does not add up.
    """
    values = {"last": question.period.last, "known_at": question.known_at}
    made_on = connection.execute(LOOKED_ON, values).scalar()
    rows = connection.execute(
        text(f"""
        SELECT * FROM kpi_finding
        WHERE made_on = :made_on AND team_id = :team_id AND {as_known(question.known_at)} ORDER BY rank"""),
        values | {"made_on": made_on, "team_id": question.team_id},
    )
    return [
        Finding(
            made_on=row.made_on,
            kpi=KpiName(row.kpi),
            cause=row.cause,
            title=row.figures["title"],
            rank=row.rank,
            sentence=row.sentence,
            advice=row.advice,
            link=row.link,
            figures=tuple(
                Evidence(one["about"], one["number"], one.get("of"), one.get("low"), one.get("high"))
                for one in row.figures["rows"]
            ),
            orders_a_month=row.orders_a_month,
            revenue_a_month=row.revenue_a_month,
            currency=row.currency,
        )
        for row in rows
    ]
