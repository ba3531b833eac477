"""Where leads come from: what each source calls our fields, what it must give, and how it spells things."""

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from models.playbook.public_form import MIN_SECONDS, TRAPS, PostLimits
from models.playbook.section import Duration, Section, Text
from models.values.custom_field import CustomField, FieldType

IDENTITIES = ("email", "phone", "key")
"""What a contact can be recognised by, the strongest first; `key` is the source's own id."""

EVENTS_SOURCE = "events"
"""How what comes by POST /events is called where sources are named."""

CONTACT_FIELDS: dict[str, CustomField] = {
    "email": CustomField(type=FieldType.EMAIL, label="Email"),
    "phone": CustomField(type=FieldType.PHONE, label="Phone"),
    "mobile_phone": CustomField(type=FieldType.PHONE, label="Mobile phone"),
    "latitude": CustomField(type=FieldType.NUMBER, label="Latitude"),
    "longitude": CustomField(type=FieldType.NUMBER, label="Longitude"),
    "has_budget": CustomField(type=FieldType.CHECKBOX, label="Has the budget"),
    "has_authority": CustomField(type=FieldType.CHECKBOX, label="May decide"),
    "has_need": CustomField(type=FieldType.CHECKBOX, label="Has the need"),
    "has_timeline": CustomField(type=FieldType.CHECKBOX, label="Has a time in mind"),
} | {
    name: CustomField(type=FieldType.TEXT, label=name.replace("_", " ").capitalize())
    for name in (
        "first_name",
        "last_name",
        "company",
        "job_title",
        "industry",
        "street",
        "city",
        "state",
        "postal_code",
        "country",
        "time_zone",
        "preferred_time",
        "product",
    )
}
"""Columns of Contact that a lead may fill, by the type their values are checked against."""

FOUND_OUT = frozenset(("has_budget", "has_authority", "has_need", "has_timeline"))
"""Columns that say what our people have found out about a lead; no form sets them unless its source lists them."""

SPECIAL_FIELDS = {
    "full_name": "split into first and last name; a company's is the company",
    "employees": "a number of people; of a range the lower end",
    "phone_extension": "the digits to dial after the phone number",
    "consent": "a checkbox; yes is a consent, kept with its proof",
    "consent_at": "when they agreed",
    "consent_words": "what they agreed to, as it stood on the form",
    "consent_page": "the page with the form",
    "consent_ip": "the network address that they agreed from",
    "at": "when the form was filled in; of files, and of senders with the API key",
    "order_amount": "what was paid; of a source of orders, as are the following",
    "order_currency": "its code, such as USD",
    "order_reference": "the shop's own number of the order",
    "order_refunded": "what of it was paid back",
    "do_not_email": "a checkbox; yes suppresses marketing mail",
    "has_bought": "a checkbox of a file; yes is an order whose amount nobody knows",
}
"""Fields that a source may map although they are no plain column."""

CONTACT_DETAILS = frozenset((*CONTACT_FIELDS, *SPECIAL_FIELDS)) - FOUND_OUT - {"has_bought"}
"""What every source may set: who somebody is, where they work and live, and what they agreed to."""

LONGEST_KEPT = 200
"""Letters of a name whose plain spelling is kept for the next time; strangers send names of any length."""

EMPTY_WORDS = ("select", "n/a", "none", "null", "nil", "-", "--", "?", "unknown", "please select")


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


SenderNames = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


OpportunityField = Literal[
    "reference",
    "name",
    "account",
    "email",
    "rep",
    "product",
    "status",
    "stage",
    "is_won",
    "is_closed",
    "opened_at",
    "closed_at",
    "changed_at",
    "amount",
    "currency",
]
SpelledField = Literal["product", "stage", "rep", "account"]


class OpportunityNames(Section):
    """Of a source whose files are the deals of another system, beside what Tend knows of such files."""

    columns: dict[OpportunityField, SenderNames] = Field(default_factory=dict)
    """Part of a deal -> what the file calls it."""
    spellings: dict[SpelledField, dict[Text, Text]] = Field(default_factory=dict)
    """Part of a deal -> their word -> ours: `product: {GTXPro: GTX Pro}`, `stage: {Verhandlung: open}`."""


class Source(BaseModel):
    """The rules for one source of leads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = Field(min_length=1)
    form: str | None = None
    """The form that a lead of this source is taken to have filled in when it names none."""
    event: Literal["order_placed", "order_refunded", "order_cancelled"] | None = None
    """What its leads are, when they are no forms: orders of a shop. Then it takes files, and posts with the API key."""
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    """Where its people write, by two letters: so are numbers and dates read, and phone numbers without a country code.
    The company's country unless it says.
    """
    fields: dict[str, SenderNames]
    """Our field -> what the sender calls it. Our own name is understood as well; case, blanks and _ do not matter.
    These and CONTACT_DETAILS are the only fields that the source sets.
    """
    required: tuple[str, ...] = ("email|phone",)
    """Fields that a lead must give; `email|phone` is satisfied by either. `key` stands for the source's own id."""
    key: SenderNames = ()
    """What the sender calls its own id of the person."""
    event_key: SenderNames = ("event_id",)
    """What the sender calls the id of this one submission; a second one with the same id changes nothing."""
    empty: tuple[str, ...] = EMPTY_WORDS
    """Words that mean an empty value, in any case. People may be called Null, None or Nil all the same."""
    spellings: dict[str, tuple[str, ...]] = {}
    """Field -> spellings to keep to: `google` becomes `Google` when that is listed."""
    opportunities: OpportunityNames = OpportunityNames()
    """Of its files of deals: what they call the parts of a deal, and how they spell."""
    history_after: Duration = timedelta(days=2)
    """What happened longer ago when it is told is history: it is recorded and scored, and nobody is asked or mailed."""
    history: bool = False
    """All that this source tells is history."""
    public: bool | None = None
    """Whether strangers may post leads. What is posted without the API key to a source that is not waits for a look.
    Where the playbook does not say, sources that programs feed are not: see is_public.
    """
    trap: SenderNames = TRAPS
    """Hidden fields that people leave empty; the first is the one in our own forms. None: an empty list."""
    min_seconds: Annotated[int, Field(ge=0, le=3600)] = MIN_SECONDS
    """What comes sooner after its form was shown waits for a look; known of forms with our signed field."""
    signed_forms_only: bool = False
    """What comes without our signed field waits for a look."""
    limits: PostLimits = PostLimits()
    """How many leads may be posted without the API key."""
    double_opt_in: bool = False
    """Consent counts once the person has confirmed it from their mailbox."""

    @property
    def is_public(self) -> bool:
        """Whether strangers may post. Only programs know an id of the person, or of an order: unless the playbook says
        otherwise, they need the API key.
        """
        return self.public if self.public is not None else not (self.key or self.event)

    def may_set(self, field: str) -> bool:
        """Whether what the source sends for a field of ours is taken as that."""
        return field in CONTACT_DETAILS or field in self.fields

    def names_of(self, field: str) -> Sequence[str]:
        """What the sender may call a field, in plain spelling, the first having precedence."""
        return _plain_names((*self.fields.get(field, ()), field))


@lru_cache(maxsize=10_000)
def _plain_names(names: tuple[str, ...]) -> tuple[str, ...]:
    # Asked for each field of each row of a file.
    return tuple(dict.fromkeys(normalize_name(name) for name in names))


def normalize_name(name: str) -> str:
    """A name without case, blanks and punctuation: `First Name`, `firstName` and `first_name` are one."""
    return _normalized(name) if len(name) <= LONGEST_KEPT else _normalized.__wrapped__(name)


@lru_cache(maxsize=10_000)
def _normalized(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
