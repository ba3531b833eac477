"""What is reported: counted facts, the KPI tables made of them, and the runs that wrote them.

Every table but `kpi_run` and `source_spend` keeps its versions: a row is what was reported from `known_from` until
`known_until`, and now while that is null. Keys have no nulls: 0 is no person, or all teams; an empty text is all, or
not known. `models/kpi/versions.py` is their one writer.
"""

from models.tables.kpi.contribution import KpiHoldout, KpiJourneyStep, KpiMessage, KpiSource, SourceSpend
from models.tables.kpi.counts import KpiCohort, KpiDaily, KpiField, KpiFunnel, KpiStay
from models.tables.kpi.facts import KpiFact, KpiStageSpell
from models.tables.kpi.names import Dimension, KpiName, Reading, Unit
from models.tables.kpi.results import KpiFinding, KpiForecast, KpiGoal
from models.tables.kpi.run import KpiRun
from models.tables.kpi.totals import KpiCohortTotal, KpiMonthly, KpiWait, KpiWaitDay
from models.tables.kpi.versions import NOW

__all__ = [
    "NOW",
    "Dimension",
    "KpiCohort",
    "KpiCohortTotal",
    "KpiDaily",
    "KpiFact",
    "KpiField",
    "KpiFinding",
    "KpiForecast",
    "KpiFunnel",
    "KpiGoal",
    "KpiHoldout",
    "KpiJourneyStep",
    "KpiMessage",
    "KpiMonthly",
    "KpiName",
    "KpiRun",
    "KpiSource",
    "KpiStageSpell",
    "KpiStay",
    "KpiWait",
    "KpiWaitDay",
    "Reading",
    "SourceSpend",
    "Unit",
]
