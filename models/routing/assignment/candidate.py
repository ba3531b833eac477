"""The inputs of routing: a rep who is a candidate, and a lead to assign."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from models.values.working_hours import WorkingHours

RECHECK_INTERVAL = timedelta(minutes=5)
"""How often leads are tried again while every rep has reached a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepCandidate:
    """A salesperson who may get leads of a router, at a moment."""

    rep_id: int
    name: str
    email: str
    hours: WorkingHours
    weight: Fraction = Fraction(1)
    preferred: bool = False
    credit: int = 0
    """Their credit in the router, in trillionths of a lead."""
    received: int = 0
    """How many leads of the router they have got."""
    open_leads: int = 0
    """Leads of theirs with an open task, and those that they got so lately that there is none yet."""
    capacity_today: int | None = None
    """How many more they get today; None without a limit."""
    open_capacity: int | None = None
    """How many more until they have as many open ones as they may."""
    overloaded: bool = False
    """Has so many overdue tasks that they get less."""
    never_available: bool = False
    """Will not be there by waiting: inactive, a partner where nothing is offered, or without a share."""
    left_out: str | None = None
    """Why they get nothing now, as in `is not at work`; None for who is available."""

    def limit_reason(self, assigned: int) -> str | None:
        """Why they get no more after `assigned` leads; None when they do."""
        if self.capacity_today is not None and assigned >= self.capacity_today:
            return "has got as many leads today as they may"
        if self.open_capacity is not None and assigned >= self.open_capacity:
            return "has as many open leads as they may"
        return None

    def available_again_at(self, now: datetime) -> datetime | None:
        """When it is worth to look again whether they are available; None when waiting does not help."""
        if self.never_available:
            return None
        return now + RECHECK_INTERVAL if self.hours.is_open(now) else self.hours.next_open(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadToAssign:
    """A contact that is to get an owner."""

    contact_id: int
    reason: str
    owner: int | None = None
    """The present owner, who is passed over where anybody else is available."""
    excluded_reps: frozenset[int] = frozenset()
    """Reps who must not get it at all."""
