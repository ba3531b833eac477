"""Leads that strangers post to public forms: which of them wait for a person to look first, and why."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.access.post_limit import COUNTED_FOR, PRUNE, sender_key
from models.access.token import ForgedToken, sign_token, verify_token
from models.leads.reading.lead import Lead
from models.leads.reading.source_match import is_named, match_source
from models.leads.reading.told_late import GivenConsent
from models.playbook.document import Playbook
from models.playbook.public_form import PostLimit
from models.playbook.source import Source, normalize_name

NEWSLETTER = "newsletter"
"""The form whose very purpose is to be written to."""
SHOWN_AT = "_shown_at"
"""The field of a form that says, signed, when the form was shown."""
PURPOSE = "form shown"
SIGNATURE_LASTS = timedelta(days=7)
"""A page that stays open longer, or a field that a program has copied, tells nothing any more."""
NOT_TICKED = ("", "false", "0", "off", "no")
"""What forms send for a trap that is a checkbox which nobody ticked."""

THANKS = (
    "Thank you, we have it. A person here looks at it before anything else happens; there is nothing to send again."
)
TOO_MANY = "We have had many requests from {whom} in a short time. Yours is kept, and a person here looks at it."
NEEDS_KEY = (
    "This source takes leads with the header `Authorization: Bearer KEY` only. What you sent is kept for a look."
)


@dataclass(frozen=True, kw_only=True)
class Poster:
    """Who posts a lead, as far as the web process knows."""

    network_address: str | None = None
    network: str | None = None
    """What the limit of the network counts; None where it is not known, and then there is no such limit."""
    has_api_key: bool = False


@dataclass(frozen=True, kw_only=True)
class Guards:
    """What a form says beside the lead."""

    trapped: str | None = None
    """What a trap was filled with."""
    shown_at: str | None = None
    """The signed field, as it came."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Why a lead waits for a person to look, and what its sender is answered."""

    reason: str
    sentence: str = THANKS
    status: int = 202
    retry_after: int | None = None
    """Seconds after which one more is taken."""


def rules_of(source: str, playbook: Playbook) -> Source:
    """The rules of a source, also of one that the playbook does not name."""
    return match_source(source, playbook)[1]


def as_posted(lead: Lead, rules: Source, poster: Poster) -> Lead:
    """The lead with where its consent came from; with double opt-in that waits for a confirmation.

    An id that a stranger sends beside an address or a number proves nothing: anybody can count up to somebody else's.
    """
    if rules.is_public and not poster.has_api_key and (lead.email or lead.phone):
        lead = replace(lead, source_key=None)
    consent = lead.consent
    if rules.double_opt_in and lead.topic == NEWSLETTER and lead.wants_mail is not False:
        consent = consent or GivenConsent(at=lead.at, is_dated=True)
    if consent is not None:
        # What we saw ourselves proves more than what a stranger says.
        said = consent.network_address if poster.has_api_key else None
        seen = said or poster.network_address or consent.network_address
        consent = replace(consent, network_address=seen)
    return replace(lead, consent=consent, double_opt_in=rules.double_opt_in)


def shown_at(now: datetime) -> str:
    """The value for the field SHOWN_AT of a form that is shown now."""
    return sign_token(PURPOSE, int(now.timestamp()))


def split_guards(values: Mapping[str, Any], rules: Source) -> tuple[dict[str, Any], Guards]:
    """The payload without its traps and its signed field, and what stood in those."""
    traps = {normalize_name(name) for name in rules.trap}
    rest: dict[str, Any] = {}
    trapped = signed = None
    for name, value in values.items():
        plain = normalize_name(name)
        if plain in traps:
            trapped = trapped or _filled(value)
        elif plain == normalize_name(SHOWN_AT):
            signed = str(value)
        else:
            rest[name] = value
    return rest, Guards(trapped=trapped, shown_at=signed or None)


def _filled(value: Any) -> str | None:
    """What a trap holds; None for what stands there if nobody touches it."""
    if value is None or value is False or value == [] or value == {}:
        return None
    if isinstance(value, list):
        return next((found for one in value if (found := _filled(one))), None)
    text = str(value).strip()
    return None if text.casefold() in NOT_TICKED else text


def find_hold(
    connection: Connection, lead: Lead, rules: Source, guards: Guards, poster: Poster, now: datetime
) -> Hold | None:
    """Why this lead waits for a person to look; None for a lead that is taken, which counts towards the limits.

    Whoever sends the API key is no stranger: only a trap holds up what they pass on.
    """
    if guards.trapped is not None:
        return Hold(reason=f"a field that people do not see was filled in: {guards.trapped[:100]}")
    if poster.has_api_key:
        return None
    if not rules.is_public:
        return Hold(reason="the source is not public, and the API key was not sent", sentence=NEEDS_KEY, status=401)
    if reason := _too_fast(guards, rules, now):
        return Hold(reason=reason)
    return _over_limit(connection, lead, rules, poster, now)


def _too_fast(guards: Guards, rules: Source, now: datetime) -> str | None:
    if guards.shown_at is None:
        return "it did not come from a form that we signed" if rules.signed_forms_only else None
    try:
        shown = datetime.fromtimestamp(verify_token(PURPOSE, guards.shown_at), now.tzinfo)
    except ForgedToken:
        return "the field that says when the form was shown was changed"
    age = now - shown
    if age < timedelta(seconds=rules.min_seconds):
        seconds = max(0, age // timedelta(seconds=1))
        return f"it was sent {seconds} second{'' if seconds == 1 else 's'} after the form was shown"
    if age > SIGNATURE_LASTS and rules.signed_forms_only:
        return f"the form was shown more than {SIGNATURE_LASTS.days} days before"
    return None


COUNT = text(f"""
-- Posts are counted if there is room for them everywhere; else it is said since when there is none.
WITH given AS (
    SELECT * FROM unnest(CAST(:keys AS bytea[]), CAST(:posts AS int[]), CAST(:since AS timestamptz[]))
             WITH ORDINALITY AS g (key, posts, since, number)
), full_since AS MATERIALIZED (
    SELECT number, (SELECT at FROM form_post WHERE form_post.key = given.key AND at > given.since
                    ORDER BY at DESC OFFSET given.posts - 1 LIMIT 1) AS at
    FROM given
), stored AS (
    INSERT INTO form_post (key, at) SELECT key, :now FROM given
    WHERE NOT EXISTS (SELECT FROM full_since WHERE at IS NOT NULL)
), pruned AS ({PRUNE})
SELECT number, at FROM full_since WHERE at IS NOT NULL
""")


@dataclass(frozen=True)
class _Counted:
    """One thing that posts are counted by."""

    whom: str
    value: str
    limit: PostLimit


def _over_limit(connection: Connection, lead: Lead, rules: Source, poster: Poster, now: datetime) -> Hold | None:
    counted = list(_counted(lead, rules, poster))
    if not counted:
        return None
    about = {
        "keys": [sender_key(one.value) for one in counted],
        "posts": [one.limit.posts for one in counted],
        "since": [now - one.limit.per for one in counted],
        "now": now,
        "uncounted": now - COUNTED_FOR,
    }
    found = connection.execute(COUNT, about).all()
    if not found:
        return None
    # The last of them to have room again says when it is worth another try.
    full = ((at + counted[number - 1].limit.per, counted[number - 1]) for number, at in found)
    free_at, over = max(full, key=lambda one: one[0])
    return Hold(
        reason=f"more than {over.limit.text} from {over.whom}",
        sentence=TOO_MANY.format(whom=over.whom),
        status=429,
        retry_after=max(1, math.ceil((free_at - now).total_seconds())),
    )


def _counted(lead: Lead, rules: Source, poster: Poster) -> Iterator[_Counted]:
    if rules.limits.address:
        # Over all sources: a stranger could post an address to each of them.
        if lead.email:
            yield _Counted("this address", f"email {lead.email}", rules.limits.address)
        if lead.phone:
            yield _Counted("this number", f"phone {lead.phone}", rules.limits.address)
    if rules.limits.network and poster.network:
        # Whoever thinks up names of sources has one limit for all of them.
        source = lead.source if is_named(lead.source) else ""
        yield _Counted("this network", f"network {source} {poster.network}", rules.limits.network)
