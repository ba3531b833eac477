"""Reads rows of files. A person in a file did not just contact us, so a row starts nothing unless it names a form."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from models.leads.lead import Lead, read_lead
from models.leads.told_late import Sending
from models.playbook.document import Playbook

LEAD_IMPORTED = "lead_imported"


def read_imported_lead(
    source: str, playbook: Playbook, row: Mapping[str, Any], now: datetime, *, row_key: str, is_history: bool = False
) -> Lead:
    """The lead in a row; raises what read_lead raises.

    A row that names a form is that form filled in, and starts what the form starts. Any other is the event
    `lead_imported` about its source: the source's default form does not count here. The event is known by the sender's
    event id or else by row_key, so that the same row changes nothing the second time. A row may say when it happened;
    `is_history` says that all of the file is of the past.
    """
    sending = Sending(is_file=True, may_date=True, is_history=is_history)
    lead = read_lead(source, playbook, row, now, sending=sending)
    lead = replace(lead, event_key=lead.event_key or row_key)
    return lead if lead.topic else replace(lead, name=LEAD_IMPORTED, topic=lead.source)


def make_row_key(source: str, row: Mapping[str, Any]) -> str:
    """The key of a row: a digest of all its values. A row that was changed has another key."""
    said = json.dumps(sorted((name, value) for name, value in row.items() if value not in (None, "")))
    return f"{source}:row {hashlib.sha256(said.encode()).hexdigest()[:32]}"
