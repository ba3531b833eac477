"""Reads rows of files, and tells which were imported before.

A person in a file did not just contact us, so a row starts nothing unless it names a form.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.leads.files.csv_file import BROKEN, EXTRA_VALUES
from models.leads.reading.lead import FORM_SUBMITTED, Lead, UnreadableLead
from models.leads.reading.read_lead import read_lead
from models.leads.reading.told_late import Sending
from models.playbook.document import Playbook
from models.values.readers.bad_value import quote_value
from models.values.sanitize import Problem

LEAD_IMPORTED = "lead_imported"


def require_whole_row(row: Mapping[str, Any]) -> None:
    """Raises UnreadableLead for a row, as the reader of CSV files gives it, that is broken or has values too many."""
    if EXTRA_VALUES not in row and BROKEN not in row:
        return
    found = f"{len(row[EXTRA_VALUES])} more" if EXTRA_VALUES in row else quote_value(row[BROKEN])
    expected = "as many values as there are columns (a text with a comma needs quotes)"
    raise UnreadableLead([Problem(field="row", found=found, expected=expected)])


def read_imported_lead(
    source: str, playbook: Playbook, row: Mapping[str, Any], now: datetime, *, row_key: str, is_history: bool = False
) -> Lead:
    """The lead in a row; raises what read_lead raises.

    A row that names a form is that form filled in, and starts what the form starts. Any other is the event
    `lead_imported` about its source: the source's default form does not count here. The event is known by the sender's
    event id or else by row_key, so that the same row changes nothing the second time (see renew_returned). A row may
    say when it happened; `is_history` says that all of the file is of the past.
    """
    sending = Sending(is_file=True, may_date=True, is_history=is_history)
    lead = read_lead(source, playbook, row, now, sending=sending)
    key = lead.event_key or row_key
    if lead.topic or lead.name != FORM_SUBMITTED:
        return replace(lead, event_key=key)
    return replace(lead, event_key=key, name=LEAD_IMPORTED, topic=lead.source)


def make_row_key(source: str, row: Mapping[str, Any]) -> str:
    """The key of a row: a digest of all its values. A row that was changed has another key."""
    said = json.dumps(sorted((name, value) for name, value in row.items() if value not in (None, "")))
    return f"{source}:row {hashlib.sha256(said.encode()).hexdigest()[:32]}"


AGAIN = " after event "
"""What stands in the key of a row that was there before and came back, between its own key and the last event."""

LAST_ROWS = text("""
-- Of each row that was imported before: the row that was the last for its contact, and its event.
SELECT e.key, last.id, last.key AS last_key, last.source
FROM event e CROSS JOIN LATERAL (
    SELECT id, key, source FROM event
    WHERE event.contact_id = e.contact_id AND event.source = e.source AND event.key LIKE '%\\:row %'
    ORDER BY id DESC LIMIT 1) last
WHERE e.key = ANY(:keys)
""")


def renew_returned(
    connection: Connection, leads: Sequence[Lead], keys_of_file: Callable[[], frozenset[str]]
) -> list[Lead]:
    """Give a new event to each row that was imported before, if another row about its contact has come since.

    A value that goes back (Austin, Dallas, Austin in three imports) is the newest again. The same file twice changes
    nothing: what came since is then a row of this file. The event only imports: a form is not filled in once more.
    """
    keys = [lead.event_key for lead in leads if lead.event_key and ":row " in lead.event_key]
    rows = connection.execute(LAST_ROWS, {"keys": keys}).all() if keys else []
    overtaken = {row.key: row.id for row in rows if _own_key(row.last_key) != row.key}
    if not overtaken:
        return list(leads)
    file = keys_of_file()
    last_keys = {row.key: _own_key(row.last_key) for row in rows}
    return [
        _imported_again(lead, overtaken[lead.event_key])
        if lead.event_key in overtaken and last_keys[lead.event_key] not in file
        else lead
        for lead in leads
    ]


def _own_key(key: str) -> str:
    return key.partition(AGAIN)[0]


def _imported_again(lead: Lead, last_event: int) -> Lead:
    again = replace(lead, event_key=f"{lead.event_key}{AGAIN}{last_event}", name=LEAD_IMPORTED, topic=lead.source)
    # Only what they say of mail in a row that is new counts.
    return replace(again, wants_mail=None, consent=None)
