"""Every KPI, defined once: words for people and sums of the KPI tables."""

from models.kpi.definitions.kpi import Better, Kpi
from models.kpi.definitions.leads import LEADS
from models.kpi.definitions.mails import MAILS
from models.kpi.definitions.orders import ORDERS
from models.kpi.definitions.response import RESPONSE
from models.kpi.definitions.sales import SALES
from models.playbook.goal_target import TargetError
from models.tables.kpi import Reading, Unit

CHAPTERS: dict[str, tuple[Kpi, ...]] = {
    "Leads and stages": LEADS,
    "Selling": SALES,
    "Orders and customers": ORDERS,
    "Following up": RESPONSE,
    "Mails": MAILS,
}
KPIS: tuple[Kpi, ...] = tuple(kpi for chapter in CHAPTERS.values() for kpi in chapter)
DEFINITIONS = {kpi.name: kpi for kpi in KPIS}

__all__ = ["CHAPTERS", "DEFINITIONS", "KPIS", "Better", "Kpi", "Reading", "TargetError", "Unit"]
