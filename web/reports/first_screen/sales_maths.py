"""Sales maths on the first screen: what a week's leads bring now, and what they would if all were followed up."""

from dataclasses import dataclass

from sqlalchemy import Connection

from models.kpi.read.sales_maths import read_sales_maths
from models.kpi.read.written import written_money, written_share
from models.kpi.sales_maths import SalesMaths, improvements
from models.wording import DASH, number
from web.reports.query import ReportRequest


@dataclass(frozen=True)
class MathsLine:
    """One line of the sum: leads a week, the shares that pass each step, and what comes out, as people read them."""

    name: str
    leads: str
    followed_up: str
    qualified: str
    ordered: str
    orders: str
    revenue: str


def maths_lines(connection: Connection, asked: ReportRequest) -> list[MathsLine]:
    """As it is, and where not every lead is followed up, with all of them; empty without leads."""
    now = read_sales_maths(connection, asked.question, asked.currency)
    if not now.leads:
        return []
    better = [one for one in improvements(now) if one.more_orders > 0]
    return [
        _line("As it is", now, asked.currency),
        *(_line("With every lead followed up", one.maths, asked.currency) for one in better),
    ]


def _line(name: str, maths: SalesMaths, currency: str) -> MathsLine:
    return MathsLine(
        name,
        number(round(maths.leads, 1)),
        _share(maths.followed_up),
        _share(maths.qualified),
        _share(maths.ordered),
        DASH if maths.orders is None else number(round(maths.orders, 1)),
        DASH if maths.revenue is None else written_money(float(maths.revenue), currency),
    )


def _share(share: float | None) -> str:
    return DASH if share is None else written_share(share)
