"""Who gets which lead: teams and when their people work, routers, and the rules that choose a router."""

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from models.playbook.scoring import Percent
from models.playbook.section import Duration, Email, EventPattern, Section, Text, TimeZone, WebAddress, renamed
from models.values.working_hours import read_week

SHORTEST_OFFER = timedelta(minutes=2)
LONGEST_OFFER = timedelta(weeks=2)
LONGEST_PAUSE = timedelta(days=1)


class RouterKind(StrEnum):
    """How a router chooses among those who are available."""

    ROUND_ROBIN = "round robin"
    """Everybody the same number, in turn."""
    WEIGHTED = "weighted"
    """By weight, in a fixed sequence that never strays a whole lead from the target shares."""
    WEIGHTED_RANDOM = "weighted random"
    """By weight, drawn; each draw can be replayed from what is kept."""
    NEAREST = "nearest"
    """Whoever is nearest to the contact."""
    BEST_PERFORMER = "best performer"
    """Whoever wins most of the leads they get, few leads counting little."""
    LEAST_BUSY = "least busy"
    """Whoever has the fewest open leads."""


def _readable_hours(days: dict[str, str]) -> dict[str, str]:
    read_week(days)
    return days


def _as_member(value: Any) -> Any:
    return {"rep": value} if isinstance(value, str) else value


def _offer_times(length: timedelta) -> timedelta:
    if not SHORTEST_OFFER <= length <= LONGEST_OFFER:
        raise ValueError("an offer lasts from 2m to 2w; 3m to 15m work best")
    return length


def _at_most_all(weight: Decimal) -> Decimal:
    if weight > 1:
        raise ValueError("who has fallen behind gets at most 100% of their share")
    return weight


Hours = Annotated[dict[str, str], AfterValidator(_readable_hours)]
"""Such as {mon-fri: "09:00-17:30"}."""
PositiveInt = Annotated[int, Field(ge=1)]


class RepEntry(Section):
    """A salesperson."""

    name: Text
    email: Email
    phone: str | None = None
    job_title: str | None = None
    calendar_url: WebAddress | None = None
    signature: str | None = None
    """Under their mails in place of name, title and number, in their own words and lines."""
    intro_video_url: WebAddress | None = None
    """A video in which they introduce themselves, for the first mail in their name."""
    time_zone: TimeZone | None = None
    """Of their hours; none: the team's."""
    hours: Hours | None = None
    """None: the team's."""
    most_a_day: PositiveInt | None = None
    """Leads a day; afterwards others get them."""
    most_open: PositiveInt | None = None
    """Leads with an open task."""
    postal_code: str | None = None
    """Where they are, for routers of kind nearest."""


class TeamEntry(Section):
    """Salespeople with one manager."""

    name: Text
    manager_email: Email | None = None
    manager: Text | None = None
    """The manager's name, as reports call it."""
    region: Text | None = None
    partner: bool = False
    """People of another organisation, who get leads by offers only."""
    time_zone: TimeZone | None = None
    """None: the company's."""
    hours: Hours | None = None
    """None: around the clock."""
    end_of_day: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "18:00"
    """When the manager gets the daily follow-up check."""
    reps: tuple[RepEntry, ...] = Field(min_length=1)


class MemberEntry(Section):
    """A salesperson's place in a router."""

    rep: Email
    weight: Annotated[int, Field(ge=0, le=1_000)] = 1
    """Share beside the others' weights; small for new or part-time people."""
    preferred: bool = False
    """Gets leads before all who are not preferred."""


class OfferTerms(Section):
    """How leads are offered: to one person at a time, who takes it or not."""

    lasts: Annotated[Duration, AfterValidator(_offer_times)] = timedelta(minutes=5)
    partners: bool | str = False
    """Whether members of partner teams are asked too; or a condition on the contact under which they are."""


class RouterEntry(Section):
    """Gives leads to its members."""

    name: Text
    kind: RouterKind = RouterKind.ROUND_ROBIN
    members: tuple[Annotated[MemberEntry, BeforeValidator(_as_member)], ...] = Field(min_length=1)
    offer: OfferTerms | None = None
    """Leads are offered to its members one after the other, not given."""
    otherwise: Text | None = None
    """Of kind nearest: the router for contacts whose place is not known."""


class RoutingRule(Section):
    """The first rule whose condition is true sets the router of a lead."""

    router: Text
    when: str | None = None
    within_km: Annotated[float, Field(gt=0, le=20_100)] | None = None
    """Only for contacts with a member of the router that near."""


class Overload(Section):
    """Who has fallen behind is flagged, and gets less from the routers; their manager is told once."""

    overdue_tasks: PositiveInt = 5
    open_tasks: PositiveInt | None = None
    """So many open tasks are too many as well, late or not."""
    weight: Annotated[Percent, AfterValidator(_at_most_all)] = Decimal("0.5")


class LeaversLeads(StrEnum):
    """What becomes of the leads and open tasks of salespeople who are no longer in the playbook."""

    REASSIGN = "reassign"
    """The routers give them to others."""
    KEEP = "keep"
    """They stay theirs until somebody reassigns them; managers are told every night."""


class Routing(Section):
    """Which router a lead goes to, and after how long managers are notified that nobody was available."""

    on: tuple[EventPattern, ...] = ()
    """Events after which a contact without an owner gets one at once, before any journey asks."""
    rules: tuple[RoutingRule, ...] = ()
    overload: Overload | None = None
    leavers_leads: LeaversLeads = LeaversLeads.REASSIGN


def _within_a_day(pause: timedelta) -> timedelta:
    if not timedelta(0) <= pause <= LONGEST_PAUSE:
        raise ValueError("at most a day was expected, such as 10m or 1h, or 0m for each at once: alerts are among them")
    return pause


class ServiceLevels(Section):
    """How fast leads are followed up, and what happens when they are not."""

    on: tuple[EventPattern, ...] = ()
    """Events that ask for a person."""
    first_contact: Duration = timedelta(minutes=5)
    alert_after: Duration = renamed("alarm", "alert_after", default=timedelta(minutes=30))
    clock: Literal["working hours", "around the clock"] = "working hours"
    """By which clock the levels count; reports show both."""
    notify_manager_after: tuple[Duration, ...] = renamed("tell_manager", "notify_manager_after", default=())
    """How long after a task was due the manager is notified, once for each."""
    reassign_after: Duration | None = None
    """How long after a task was due it goes to somebody else."""
    manager_mails_every: Annotated[Duration, AfterValidator(_within_a_day)] = timedelta(minutes=10)
    """At least so long between two mails to one manager, who has all that comes up meanwhile as one; 0m: each goes at
    once, by itself."""
