"""Response metrics of a team's day, for each rep and in total. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean


@dataclass(frozen=True, kw_only=True)
class LeadResponse:
    """A lead that asked for a person, with the times to the first attempt and to the first conversation."""

    contact_id: int
    who: str
    company: str | None
    rep_id: int | None
    rep_name: str | None
    received_at: datetime
    due_at: datetime
    """By when the response is promised."""
    first_contact_at: datetime | None
    connected_at: datetime | None
    working_time_to_contact: timedelta | None
    """In the responsible rep's working hours."""
    working_time_to_conversation: timedelta | None
    task_due_at: datetime | None = None
    """When the task is due by which it is to be given; None where there is none, or it was given."""

    @property
    def is_due_by_task(self) -> bool:
        """Whether the task is due before the response is promised."""
        return self.task_due_at is not None and self.task_due_at < self.due_at

    @property
    def first_due_at(self) -> datetime:
        """The earlier of both: the one clock that people look at."""
        return min(self.due_at, self.task_due_at or self.due_at)

    @property
    def time_to_contact(self) -> timedelta | None:
        """By the clock on the wall."""
        return None if self.first_contact_at is None else self.first_contact_at - self.received_at

    @property
    def time_to_conversation(self) -> timedelta | None:
        """By the clock on the wall."""
        return None if self.connected_at is None else self.connected_at - self.received_at

    @property
    def in_time(self) -> bool:
        """Whether the first contact was within the service level."""
        return self.first_contact_at is not None and self.first_contact_at <= self.due_at


@dataclass(frozen=True, kw_only=True)
class RepLoad:
    """What else a rep has open, and what they let expire."""

    open_tasks: int = 0
    overdue_tasks: int = 0
    expired_offers: int = 0

    def __add__(self, other: "RepLoad") -> "RepLoad":
        return RepLoad(
            open_tasks=self.open_tasks + other.open_tasks,
            overdue_tasks=self.overdue_tasks + other.overdue_tasks,
            expired_offers=self.expired_offers + other.expired_offers,
        )


@dataclass(frozen=True, kw_only=True)
class ResponseMetrics:
    """One person's day, or that of the team."""

    name: str
    leads: int
    followed_up: int
    in_time: int
    connected: int
    time_to_contact: timedelta | None
    """The median of all, as the three below: who still waits has waited longer than anybody. None while more than half
    wait.
    """
    working_time_to_contact: timedelta | None
    time_to_conversation: timedelta | None
    working_time_to_conversation: timedelta | None
    load: RepLoad
    rep_id: int | None = None
    """None for the team."""

    @property
    def percent_followed_up(self) -> int | None:
        """Percent that were followed up, 100 only if all were; None without leads."""
        return 100 * self.followed_up // self.leads if self.leads else None

    @property
    def percent_in_time(self) -> int | None:
        """Percent that were followed up within the service level."""
        return 100 * self.in_time // self.leads if self.leads else None

    @property
    def waiting(self) -> int:
        """How many nobody has tried to reach yet."""
        return self.leads - self.followed_up

    @property
    def without_talk(self) -> int:
        """How many nobody has talked with yet."""
        return self.leads - self.connected

    @property
    def complete(self) -> bool:
        """Every lead was followed up, and there was one."""
        return self.leads > 0 and self.followed_up == self.leads


def response_metrics(
    name: str, responses: Sequence[LeadResponse], load: RepLoad, rep_id: int | None = None
) -> ResponseMetrics:
    """Count them."""
    return ResponseMetrics(
        rep_id=rep_id,
        name=name,
        leads=len(responses),
        followed_up=sum(response.first_contact_at is not None for response in responses),
        in_time=sum(response.in_time for response in responses),
        connected=sum(response.connected_at is not None for response in responses),
        time_to_contact=_median(responses, lambda response: response.time_to_contact),
        working_time_to_contact=_median(responses, lambda response: response.working_time_to_contact),
        time_to_conversation=_median(responses, lambda response: response.time_to_conversation),
        working_time_to_conversation=_median(responses, lambda response: response.working_time_to_conversation),
        load=load,
    )


def _median(responses: Sequence[LeadResponse], length: Callable[[LeadResponse], timedelta | None]) -> timedelta | None:
    """Of all responses: those that have not come are longer than those that have."""
    came = sorted(found.total_seconds() for response in responses if (found := length(response)) is not None)
    middle = came[(len(responses) - 1) // 2 : len(responses) // 2 + 1] if came else []
    return timedelta(seconds=mean(middle)) if middle else None
