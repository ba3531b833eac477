"""The people behind mails and steps of journeys: who got a mail, opened it, took a step, talked or ordered after it.

They are told from the mails and steps themselves, as these stand now.
"""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.kpi.contribution.messages import judged_mails, mail_values
from models.kpi.contribution.recount import Recount
from models.kpi.contribution.steps import judged_steps, step_values
from models.kpi.people.lines import NoSuchNumber, NumberAsked
from models.kpi.versions import as_known
from models.playbook import Playbook

MAIL_COLUMNS = {
    "sent": "true",
    "delivered": "j.delivered_at IS NOT NULL AND j.is_reported",
    "reached": "CASE WHEN j.is_reported THEN j.delivered_at IS NOT NULL ELSE j.bounced_at IS NULL END",
    "opened": "j.opened_at IS NOT NULL",
    "clicked": "j.clicked_at IS NOT NULL",
    "bot_opened": "j.opened_at IS NULL AND j.bot_opened",
    "bot_clicked": "j.clicked_at IS NULL AND j.bot_clicked",
    "bounced": "j.bounced_at IS NOT NULL",
    "unsubscribed": "j.unsubscribed",
    "complained": "j.complained_at IS NOT NULL",
    "replied": "j.replied",
    "connected": "j.connected",
    "ordered": "j.ordered",
    "first_touches": "j.first_touches > 0",
    "last_touches": "j.last_touches > 0",
}
"""Column of kpi_message -> which mails it counts, by what became of them; SQL over `judged` as `j`."""

LINE_FOR_EACH = {"first_touches": "j.first_touches", "last_touches": "j.last_touches"}
"""Columns that count orders: a mail stands there once for each."""

STEP_COLUMNS = {"contacts": "true", "connected": "j.connected", "ordered": "j.ordered"}

LINES = """
{judged}
SELECT j.id, j.contact_id, j.day, j.at, 0::bigint AS rep_id, coalesce(c.source, '') AS source, '' AS product,
       j.journey, NULL::numeric AS amount, '' AS currency, NULL::float AS value
FROM judged j LEFT JOIN contact c ON c.id = j.contact_id CROSS JOIN generate_series(1, {lines})
WHERE {counted} AND {which}
"""

COUNT = """
SELECT coalesce(sum({column}), 0) FROM {table} j WHERE day BETWEEN :first AND :last AND {which} AND {known}
"""


@dataclass(frozen=True, kw_only=True)
class ContributionAsked(NumberAsked):
    """A number of the tables that are counted from mails or steps."""

    column: str
    journey: str | None = None
    """None: of all journeys and of none; empty: of none."""
    playbook: Playbook

    @property
    @abstractmethod
    def table(self) -> str:
        """The KPI table that has the number."""

    @property
    @abstractmethod
    def which(self) -> str:
        """SQL over the table, and over what it is counted from, as `j`: which rows."""

    def count(self, connection: Connection) -> int:
        """The number itself, as the KPI table has it."""
        query = COUNT.format(column=self.column, table=self.table, which=self.which, known=as_known(self.known_at, "j"))
        return int(connection.execute(text(query), self.values).scalar_one())

    @property
    def recount(self) -> Recount:
        """The days, as the counting takes them."""
        days = (self.last - self.first).days + 1
        zone = ZoneInfo(self.playbook.company.time_zone)
        return Recount(zone, tuple(self.first + timedelta(days=number) for number in range(days)))


@dataclass(frozen=True, kw_only=True)
class MailsAsked(ContributionAsked):
    """Which number: a cell of kpi_message."""

    template: str = ""
    """Empty: of all mails."""
    variant: str | None = None
    """None: of all variants."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.column not in MAIL_COLUMNS:
            raise NoSuchNumber(f"There is no {self.column[:40]!r} of mails. There is: {', '.join(MAIL_COLUMNS)}.")

    @property
    def table(self) -> str:
        """The KPI table that has the number."""
        return "kpi_message"

    @property
    def which(self) -> str:
        """SQL over the table, and over what it is counted from, as `j`: which rows."""
        named = [("template", self.template or None), ("journey", self.journey), ("variant", self.variant)]
        return " AND ".join(["true", *(f"j.{name} = :{name}" for name, value in named if value is not None)])

    @property
    def values(self) -> dict[str, Any]:
        """What its SQL binds."""
        about = {"template": self.template, "journey": self.journey, "variant": self.variant}
        return super().values | mail_values(self.playbook) | self.recount.values | about

    @property
    def select(self) -> str:
        """SQL: the mails."""
        of_template = "m.template = :template" if self.template else "true"
        judged = judged_mails(self.recount, of_template)
        return LINES.format(
            judged=judged,
            counted=MAIL_COLUMNS[self.column],
            which=self.which,
            lines=LINE_FOR_EACH.get(self.column, "1"),
        )


@dataclass(frozen=True, kw_only=True)
class StepsAsked(ContributionAsked):
    """Which number: a cell of kpi_journey_step."""

    step: str
    verb: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.column not in STEP_COLUMNS:
            raise NoSuchNumber(f"There is no {self.column[:40]!r} of steps. There is: {', '.join(STEP_COLUMNS)}.")

    @property
    def table(self) -> str:
        """The KPI table that has the number."""
        return "kpi_journey_step"

    @property
    def which(self) -> str:
        """SQL over the table, and over what it is counted from, as `j`: which rows."""
        of_journey = " AND j.journey = :journey" if self.journey is not None else ""
        return f"j.step = :step AND j.verb = :verb{of_journey}"

    @property
    def values(self) -> dict[str, Any]:
        """What its SQL binds."""
        about = {"journey": self.journey, "step": self.step, "verb": self.verb}
        return super().values | step_values(self.playbook) | self.recount.values | about

    @property
    def select(self) -> str:
        """SQL: the steps of runs."""
        of_journey = "r.journey = :journey" if self.journey is not None else "true"
        judged = judged_steps(self.recount, of_journey)
        return LINES.format(judged=judged, counted=STEP_COLUMNS[self.column], which=self.which, lines="1")
