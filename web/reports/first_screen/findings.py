"""What to do: the causes that the figures support, the one worth most first."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from models.kpi.definitions import DEFINITIONS
from models.kpi.read.written import written_money
from models.kpi.versions import as_known
from models.wording import number
from web.reports.query import ReportRequest

MOST = 5

FINDINGS = """
-- Those of the last day on which any were made, at the end of the days that are asked for.
SELECT kpi, cause, sentence, advice, link, orders_a_month, revenue_a_month, currency, made_on
FROM kpi_finding
WHERE team_id = :team_id AND {known}
  AND made_on = (SELECT max(made_on) FROM kpi_finding WHERE made_on <= :last AND {known})
ORDER BY rank, kpi, cause LIMIT :most
"""


@dataclass(frozen=True, kw_only=True)
class FindingLine:
    """One cause, what it may cost, and what to try."""

    kpi: str
    title: str
    sentence: str
    advice: str
    link: str
    worth: str
    """`about 2.3 orders a month, $9,000`; empty: not known."""
    made_on: date


def read_findings(connection: Connection, asked: ReportRequest) -> list[FindingLine]:
    """Empty where every KPI is as it should be, or chance explains what is not."""
    statement = text(FINDINGS.format(known=as_known(asked.known_at)))
    values = {"team_id": asked.team_id, "last": asked.period.last, "most": MOST}
    if asked.known_at:
        values["known_at"] = asked.known_at
    return [
        FindingLine(
            kpi=row.kpi,
            title=DEFINITIONS[row.kpi].title if row.kpi in DEFINITIONS else row.kpi,
            sentence=row.sentence,
            advice=row.advice,
            link=row.link,
            worth=_worth(row.orders_a_month, row.revenue_a_month, row.currency),
            made_on=row.made_on,
        )
        for row in connection.execute(statement, values)
    ]


def _worth(orders: float | None, revenue: float | None, currency: str) -> str:
    parts = [f"about {number(round(orders, 1))} orders a month"] if orders is not None else []
    parts += [written_money(float(revenue), currency)] if revenue is not None else []
    return ", ".join(parts)
