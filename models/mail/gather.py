"""Mails to managers, gathered: at most one in a while to each of them, with all that came up meanwhile."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from models.database import GATHER_LOCKS, to_json
from models.mail.managers import LINES_IN_A_MAIL
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import current_playbook

REMEMBERED = timedelta(minutes=20)
"""For so long, or twice the pause, it is known what was put into a mail."""
GATHERED = "team/gathered"

LOCK = text(f"SELECT pg_advisory_xact_lock({GATHER_LOCKS}, hashtext(:address))")

LATEST = text("""
SELECT id, state, template, data, greatest(queued_at, due_at) AS goes_at FROM message
WHERE kind IN ('task', 'team') AND kind = 'team' AND queued_at > CAST(:since AS timestamptz)
  AND lower(to_address) = lower(:address) AND data ? 'gathered_keys'
ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE
""")

KNOWN = text("""
SELECT EXISTS (SELECT FROM message WHERE key = :key) OR EXISTS (
    SELECT FROM message WHERE kind IN ('task', 'team') AND queued_at > CAST(:since AS timestamptz)
      AND data -> 'gathered_keys' ? :key)
""")

ADD = text("""
-- A sender that has just taken it has it as it was.
UPDATE message SET template = :template, data = CAST(:data AS jsonb), contact_id = NULL
WHERE id = :id AND state = 'queued' RETURNING id
""")

POSTPONE = text("UPDATE message SET due_at = :until, first_due_at = :until WHERE key = :key AND state = 'queued'")


def queue_manager_mails(connection: Connection, mails: Sequence[StaffMail], now: datetime) -> None:
    """Queue mails to managers. What comes up within the playbook's `manager_mails_every` after a mail to the same one
    waits for its end, and goes out as one mail; a mail that is still on its way takes in what comes up. The first goes
    at once. The caller commits.

    Two at once take turns for each address, and a key that was used before adds nothing.
    """
    if not mails:
        return
    pause = current_playbook(connection).service_levels.manager_mails_every
    for address in sorted({mail.to_address.lower() for mail in mails}):
        connection.execute(LOCK, {"address": address})
    for mail in mails:
        about = {"address": mail.to_address, "since": now - max(2 * pause, REMEMBERED), "key": mail.key}
        if connection.execute(KNOWN, about).scalar_one():
            continue
        latest = connection.execute(LATEST, about).one_or_none() if pause else None
        if latest is None or not (latest.state == "queued" and _add(connection, latest, mail)):
            _queue(connection, mail, None if latest is None else latest.goes_at + pause, now)


def _queue(connection: Connection, mail: StaffMail, earliest: datetime | None, now: datetime) -> None:
    data = {**mail.data, "gathered_keys": [mail.key]}
    own = StaffMail(
        key=mail.key, to_address=mail.to_address, template=mail.template, data=data, contact_id=mail.contact_id
    )
    queue_staff_mail(connection, [own], now)
    if earliest is not None and earliest > now:
        connection.execute(POSTPONE, {"key": mail.key, "until": earliest})


def _add(connection: Connection, latest: Row[Any], mail: StaffMail) -> bool:
    """Put it into a mail that has not gone; false when that one is gone by now."""
    parts = latest.data["parts"] if latest.template == GATHERED else [_part(latest.template, latest.data)]
    template, data = gathered([*parts, _part(mail.template, mail.data)])
    data["gathered_keys"] = [*latest.data["gathered_keys"], mail.key]
    values = {"id": latest.id, "template": template, "data": to_json(data)}
    return connection.execute(ADD, values).one_or_none() is not None


def _part(template: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"template": template, "data": {name: value for name, value in data.items() if name != "gathered_keys"}}


def gathered(parts: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
    """The template and the data of one mail with all of these parts: those of one template become one list. Pure."""
    by_template: dict[str, dict[str, Any]] = {}
    for part in parts:
        before = by_template.get(part["template"])
        by_template[part["template"]] = _joined(before, part["data"]) if before else dict(part["data"])
    if len(by_template) == 1:
        return next(iter(by_template.items()))
    return GATHERED, {"parts": [{"template": template, "data": data} for template, data in by_template.items()]}


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """One list out of two: lines and people after each other, as many as a mail shows; counts are added up."""
    joined = {**first}
    for name in ("lines", "people"):
        if name in first:
            joined[name] = [*first[name], *second[name]]
    for name in ("count", "held"):
        if name in first:
            joined[name] = first[name] + second[name]
    if "lines" in joined:
        joined["lines"] = joined["lines"][:LINES_IN_A_MAIL]
        joined["more"] = joined["count"] - len(joined["lines"])
    return joined
