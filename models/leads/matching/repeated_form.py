"""The same form twice within minutes, as after a double click or a reload: it is one lead.

Only forms whose sender gives no id of the submission; with one, the id alone says what is the same.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, text

from models.database import id_list, to_json
from models.leads.matching.match import Match
from models.leads.reading.lead import FORM_SUBMITTED, OWN_KEYS, Lead
from models.playbook.source import normalize_name

WINDOW = timedelta(minutes=10)
"""Double clicks come within a second, reloads within minutes. Whoever sends the same words again later has waited for
an answer in vain, and that is a repeated request."""

RECENT = text("""
SELECT contact_id, id, source, topic, data FROM event
WHERE contact_id = ANY(CAST(:contacts AS bigint[])) AND name = 'form_submitted'
  AND (key IS NULL OR key LIKE ANY(:own_keys))
  AND received_at BETWEEN :since AND :until
ORDER BY id
""").bindparams(own_keys=[f"{start}%" for start in OWN_KEYS])

MADE_BY_MACHINES = re.compile(
    r"csrf|xsrf|nonce|token|captcha|turnstile|honeypot|timestamp|^_(wp|method|next|gotcha|hp)|^utf8$|^authenticity|^submit|^gform|viewstate"
    r"|eventvalidation|sessionid|requestid|pageviewid|clientid|^gclid$|^fbclid$|renderedat|startedat|elapsed|formtime",
    re.IGNORECASE,
)
"""Names of fields that a page fills in anew each time it is shown or sent."""

MOMENT = re.compile(r"1[5-9]\d{8}(\d{3}|\.\d+)?|20\d\d-\d\d-\d\d[T ]\d\d:\d\d\S*")
RANDOM = re.compile(r"\A(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9+/=_.-]{24,}")
"""A value that no person types: a long word of letters and digits."""

Form = tuple[int, str, str | None, str]
"""Contact, source, topic, and a digest of what was said."""


class RecentForms:
    """The forms that contacts have sent within the window, those of the batch included."""

    def __init__(self, stored: Mapping[Form, int]) -> None:
        self.seen: dict[Form, int | Match] = dict(stored)

    def earlier(self, match: Match) -> int | Match | None:
        """The event, or the match in this batch, that this form repeats. The first one is remembered."""
        form = _form_of(match.contact.id, match.lead)
        if form is None:
            return None
        earlier = self.seen.get(form)
        if earlier is None:
            self.seen[form] = match
        return earlier


def recent_forms(connection: Connection, contacts: Collection[int], now: datetime) -> RecentForms:
    """The forms that these contacts have sent within the window. A clock that was set back changes nothing."""
    if not contacts:
        return RecentForms({})
    about = {"contacts": id_list(contacts), "since": now - WINDOW, "until": now + WINDOW}
    stored: dict[Form, int] = {}
    for contact, event, source, topic, data in connection.execute(RECENT, about):
        stored.setdefault((contact, source, topic, digest(data)), event)
    return RecentForms(stored)


def can_repeat(lead: Lead) -> bool:
    """Whether a lead is a form without an id of the submission, of which we have the words."""
    has_id = lead.event_key is not None and not lead.event_key.startswith(OWN_KEYS)
    return lead.name == FORM_SUBMITTED and not has_id and bool(lead.data)


def _form_of(contact: int, lead: Lead) -> Form | None:
    if lead.is_history or not can_repeat(lead):
        return None
    return contact, lead.source, lead.topic, digest(orjson.loads(to_json(lead.data)))


def digest(data: Mapping[str, Any]) -> str:
    """A digest of what a person said in a form: all values but those that machines make, whatever the blanks."""
    said = sorted(
        (normalize_name(name), " ".join(str(value).split()))
        for name, value in data.items()
        if not _is_made_by_machine(name, value)
    )
    return hashlib.sha256(to_json(said).encode()).hexdigest()


def _is_made_by_machine(name: str, value: Any) -> bool:
    if value in (None, "", [], {}) or MADE_BY_MACHINES.search(name):
        return True
    return isinstance(value, str | int) and any(each.fullmatch(str(value).strip()) for each in (MOMENT, RANDOM))
