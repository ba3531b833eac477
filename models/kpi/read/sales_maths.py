"""Sales maths of a period, by the KPI tables."""

from decimal import Decimal

from sqlalchemy import Connection

from models.kpi.definitions.kpi import counted, money, reached
from models.kpi.read.question import Question
from models.kpi.read.sums import Cell, Cut, read_sums
from models.kpi.sales_maths import SalesMaths, maths_of

LEADS, SALES, REVENUE = counted("lead"), counted("sale"), money("sale")
PASSED = {
    "followed_up": reached("lead", "contacted"),
    "qualified": reached("lead", "sql"),
    "ordered": reached("lead", "customer"),
}


def read_sales_maths(connection: Connection, question: Question, currency: str) -> SalesMaths:
    """Of the leads that came in the period, what has become of them so far; the amount of an order is the mean of those
    that were placed in it, in this currency.

    So a period that is long over says more than one that has just ended, whose leads may still order.
    """
    found = read_sums(connection, question, [LEADS, SALES, REVENUE, *PASSED.values()], Cut())
    leads = found.get(Cell("", "", None), {})
    sales = found.get(Cell("", currency, None), {})
    count, amount = sales.get(SALES), sales.get(REVENUE)
    return maths_of(
        weeks=question.period.weeks,
        leads=int(leads.get(LEADS, 0)),
        **{step: int(leads.get(term, 0)) for step, term in PASSED.items()},
        mean_order=Decimal(amount) / int(count) if count and amount else None,
    )
