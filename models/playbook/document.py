"""What the playbook says: the parts of deployments/playbook.yaml and the shape of each."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from models.playbook.chat import ChannelName, ChatChannel
from models.playbook.feedback import FeedbackTerms
from models.playbook.holidays import Holidays, HolidayTerms
from models.playbook.mail import FulfilmentList, Mail, SplitTestEntry
from models.playbook.reports import Reports
from models.playbook.routing import RepEntry, RouterEntry, Routing, ServiceLevels, TeamEntry
from models.playbook.scoring import Qualification, Scoring
from models.playbook.section import Duration, Email, EventPattern, Section, Text, TimeZone, web_address
from models.playbook.source import Source
from models.playbook.tasks import Tasks
from models.tables.contact import Stage
from models.tables.sales import ProductTier
from models.values.custom_field import CustomField


def _to_cents(price: Decimal) -> Decimal:
    return price.quantize(Decimal("0.01"))


def _url_or_path(website: str) -> str:
    return website if website.startswith("/") else web_address(website)


Website = Annotated[Text, AfterValidator(_url_or_path)]


class Company(Section):
    """Who writes the mails."""

    name: Text
    postal_address: Text
    """Stands under every marketing mail, as the law asks."""
    website: Website
    """An address, or a path below the address of web/, such as /site."""
    from_name: Text
    from_email: Email
    reply_to: Email | None = None
    phone: str | None = None
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "US"
    """Where phone numbers without a country code belong."""
    time_zone: TimeZone = "UTC"
    """In which mails to salespeople name due times and scores lose a day, such as America/New_York."""
    holidays: Holidays = HolidayTerms()
    """Days on which nobody works: dates, or the public holidays of a country, or both."""

    @property
    def inbox(self) -> str:
        """Where its people read answers to its mails, and what is about a lead or a team that has no manager."""
        return self.reply_to or self.from_email


class ProductEntry(Section):
    """Something that can be ordered."""

    code: Text
    name: Text
    tier: ProductTier
    price: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2), AfterValidator(_to_cents)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"


class Events(Section):
    """What other systems tell by POST /events."""

    history_after: Duration = timedelta(days=2)
    """What happened longer ago when it is told is history: it is recorded and scored, and nobody is asked or mailed."""
    history: bool = False
    """All of it is history, unless an event says otherwise."""


class Orders(Section):
    """How orders of a shop are read."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    """Of orders that name no currency and no product."""
    largest: Annotated[int, Field(ge=1, le=10**11)] = 10**9
    """An amount above it is taken for a slip, and refused."""


class StageRule(Section):
    """What lifts a contact to a stage: one of these events, when the condition (if any) holds at that moment."""

    on: tuple[EventPattern, ...] = ()
    """Without events the condition is looked at with every event of the contact."""
    when: str | None = None


class Playbook(Section):
    """The whole playbook, section by section."""

    company: Company
    teams: tuple[TeamEntry, ...] = Field(min_length=1)
    routers: tuple[RouterEntry, ...] = Field(min_length=1)
    products: tuple[ProductEntry, ...] = ()
    fields: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], CustomField] = Field(default_factory=dict)
    sources: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9-]*$")], Source] = Field(min_length=1)
    events: Events = Events()
    orders: Orders = Orders()
    stages: dict[Stage, StageRule] = Field(default_factory=dict)
    qualification: Qualification = Qualification()
    scoring: Scoring = Scoring()
    routing: Routing = Routing()
    service_levels: ServiceLevels = ServiceLevels()
    mail: Mail = Mail()
    reports: Reports = Reports()
    split_tests: dict[Text, SplitTestEntry] = Field(default_factory=dict)
    """By the name that the journey gives the test; those not named here are judged by orders."""
    fulfilment: dict[Text, FulfilmentList] = Field(default_factory=dict)
    """By the name that journeys use."""
    tasks: Tasks = Tasks()
    chat: dict[ChannelName, ChatChannel] = Field(default_factory=dict)
    """Channels of Slack or Teams to which notes go as well, by name."""
    feedback: FeedbackTerms | None = None
    """What the owners of leads are asked about them; without it nobody is asked."""
    reminders: tuple[Duration, ...] = ()
    """How long after a task was due its assignee is chased, once for each."""

    @property
    def report_currency(self) -> str:
        """The currency in which reports add up money; what has no rate to it is shown apart."""
        return self.reports.currency or self.orders.currency

    def reps(self) -> Iterator[tuple[TeamEntry, RepEntry]]:
        """Every salesperson with their team."""
        return ((team, rep) for team in self.teams for rep in team.reps)
