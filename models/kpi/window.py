"""What one run of the report counts: the days, and what is known when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from models.playbook import Playbook

CHANGED_CONTACTS = "changed_contact"
"""A temporary table of the run's transaction: `contact_id`, of those with something new since the last run."""


@dataclass(frozen=True, kw_only=True)
class CountingWindow:
    """Handed to each part of a run, in the run's transaction."""

    playbook: Playbook
    known_at: datetime
    """What is stored by now is in the run."""
    known_before: datetime | None
    """That of the run before; None at the first."""
    first: date
    last: date
    """The days that were asked for."""
    is_full: bool
    """Everything is counted anew, also the days outside of these."""
    touched: Sequence[date] = ()
    """Days on which facts are not as they were before this run."""

    @property
    def zone(self) -> ZoneInfo:
        """That of the company, by which days are told."""
        return ZoneInfo(self.playbook.company.time_zone)

    @property
    def currency(self) -> str:
        """That of the reports."""
        return self.playbook.report_currency
