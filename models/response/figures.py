"""What a team's leads of a day came to, for each person and in all. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A lead that asked for a person, and how long it took until somebody tried, and until they spoke."""

    contact_id: int
    who: str
    company: str | None
    rep_id: int | None
    rep_name: str | None
    received_at: datetime
    due_at: datetime
    first_contact_at: datetime | None
    connected_at: datetime | None
    worked_until_contact: timedelta | None
    """In the working time of whoever was to do it."""
    worked_until_talk: timedelta | None

    @property
    def until_contact(self) -> timedelta | None:
        """By the clock on the wall."""
        return None if self.first_contact_at is None else self.first_contact_at - self.received_at

    @property
    def until_talk(self) -> timedelta | None:
        """By the clock on the wall."""
        return None if self.connected_at is None else self.connected_at - self.received_at

    @property
    def in_time(self) -> bool:
        """Whether the first contact was within the service level."""
        return self.first_contact_at is not None and self.first_contact_at <= self.due_at


@dataclass(frozen=True, kw_only=True)
class Load:
    """What else one person has before them, and let pass."""

    open_tasks: int = 0
    overdue_tasks: int = 0
    expired_offers: int = 0

    def __add__(self, other: "Load") -> "Load":
        return Load(
            open_tasks=self.open_tasks + other.open_tasks,
            overdue_tasks=self.overdue_tasks + other.overdue_tasks,
            expired_offers=self.expired_offers + other.expired_offers,
        )


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One person's day, or that of the team."""

    name: str
    leads: int
    followed_up: int
    in_time: int
    talked: int
    until_contact: timedelta | None
    """The median of those that were followed up, as the three below."""
    worked_until_contact: timedelta | None
    until_talk: timedelta | None
    worked_until_talk: timedelta | None
    load: Load

    @property
    def share(self) -> int | None:
        """Percent that were followed up, 100 only if all were; None without leads."""
        return 100 * self.followed_up // self.leads if self.leads else None

    @property
    def share_in_time(self) -> int | None:
        """Percent that were followed up within the service level."""
        return 100 * self.in_time // self.leads if self.leads else None

    @property
    def complete(self) -> bool:
        """Every lead was followed up, and there was one."""
        return self.leads > 0 and self.followed_up == self.leads


def figures(name: str, claims: Sequence[Claim], load: Load) -> Figures:
    """Count them."""
    return Figures(
        name=name,
        leads=len(claims),
        followed_up=sum(claim.first_contact_at is not None for claim in claims),
        in_time=sum(claim.in_time for claim in claims),
        talked=sum(claim.connected_at is not None for claim in claims),
        until_contact=_median(claims, lambda claim: claim.until_contact),
        worked_until_contact=_median(claims, lambda claim: claim.worked_until_contact),
        until_talk=_median(claims, lambda claim: claim.until_talk),
        worked_until_talk=_median(claims, lambda claim: claim.worked_until_talk),
        load=load,
    )


def _median(claims: Sequence[Claim], length: Callable[[Claim], timedelta | None]) -> timedelta | None:
    seconds = [found.total_seconds() for claim in claims if (found := length(claim)) is not None]
    return timedelta(seconds=median(seconds)) if seconds else None
