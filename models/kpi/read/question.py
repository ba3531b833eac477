"""What is asked of the KPI tables, and one number of the answer."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sqlalchemy import Connection, text

from models.kpi.definitions import DEFINITIONS, Kpi, Reading, Unit
from models.kpi.definitions.recording import Recording
from models.kpi.interval import SMALL
from models.kpi.period import Period
from models.tables.kpi import KpiName


@dataclass(frozen=True)
class Question:
    """Which days, whose, and as known when."""

    period: Period
    team_id: int = 0
    """0: everybody."""
    known_at: datetime | None = None
    """What was reported at this moment; None: what is reported now."""
    totals_through: date | None = None
    """The last day of the months that the run which reported it has added up, so that they need not be added up day by
    day: see kpi_run. None: none are, and the answer is the same."""
    has_day_waits: bool = False
    """That run has gathered the requests of each day as well, so that they need not be read one by one."""


GATHERED = text("""
SELECT totals_through, has_day_waits FROM kpi_run WHERE CAST(:at AS timestamptz) IS NULL OR known_at <= :at
ORDER BY known_at DESC LIMIT 1
""")


def question_of(connection: Connection, period: Period, team_id: int = 0, known_at: datetime | None = None) -> Question:
    """The question about these days, with what the last run by then has added up and gathered."""
    run = connection.execute(GATHERED, {"at": known_at}).one_or_none()
    return Question(period, team_id, known_at, *(run or ()))


@dataclass(frozen=True, kw_only=True)
class KpiValue:
    """One KPI in one reading, of everybody or of one member of a dimension. None: there is nothing to divide by."""

    kpi: KpiName
    reading: Reading
    member: str = ""
    """Number of a rep or a team, name of a source, code of a product, name of a journey."""
    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    """Between which the truth lies, at 95%; None where that is not known."""
    n: int = 0
    """How many things it is about."""
    currency: str = ""
    """Of money; empty where there is none, or its currency is not known."""
    begin: date | None = None
    """Of a series: the first day of the step."""
    not_recorded: Recording | None = None
    """What the business had not recorded by then, so there is no value: it is not measured here."""

    @cached_property
    def definition(self) -> Kpi:
        """What it means."""
        return DEFINITIONS[self.kpi]

    @property
    def unit(self) -> Unit:
        """What the value is."""
        return self.definition.unit

    @property
    def is_small(self) -> bool:
        """Whether it is about so few that it says little. Counts and sums are what they are."""
        return self.denominator is not None and self.unit is not Unit.PER_WEEK and self.n < SMALL
