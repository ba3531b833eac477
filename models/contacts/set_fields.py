"""Sets fields of many contacts to the same values, with what follows: stage timestamps, suppression, the event
contact_changed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Connection, case, func, literal, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from models.database import id_list, to_json
from models.events.emit import emit_from
from models.identity.identifiers import record_current
from models.mail.suppression import lift_suppression, suppress
from models.playbook import Playbook, current_playbook
from models.tables.contact import RANK, STAGES, Contact, Stage, Suppression
from models.values.custom_field import clean
from models.wording import did_you_mean

READ_ONLY_FIELDS = {
    *("id", "score", "scored_on", "created_at", "updated_at", "owner_id", "custom", "suppressed_at"),
    *("mql_level_by", "probability", "probability_reasons", "probability_day"),
}
"""What is not set by hand: it is counted, given by a router, or follows from something else."""

IDENTIFYING = {"email", "phone", "mobile_phone"}
"""Columns by which leads find the contact from then on."""

# So that stages, scores and levels follow what journeys and people set.
EMIT_CHANGE = text(
    emit_from("""
SELECT 'contact_changed', NULL, id, 'journey', NULL, CAST(:fields AS jsonb), CAST(:now AS timestamptz)
FROM unnest(CAST(:contacts AS bigint[])) AS id
""")
)


class InvalidField(ValueError):
    """A field that contacts do not have, or a value of the wrong type."""


def set_fields(
    connection: Connection,
    contacts: Sequence[int],
    fields: Mapping[str, Any],
    now: datetime,
    *,
    by: str | None = None,
) -> None:
    """Set columns and custom fields alike, which is an event. Raises InvalidField before anything is written.

    `by` names the person who did, where it was one of ops.
    """
    columns: dict[str, Any] = {"updated_at": now}
    custom: dict[str, Any] = {}
    for name, value in fields.items():
        if name in Contact.model_fields:
            columns |= _column(name, value, now)
        else:
            custom[name] = _custom(current_playbook(connection), name, value)
    if "suppressed" in columns:
        _suppress(connection, contacts, columns.pop("suppressed"), now)
    if custom:
        columns["custom"] = col(Contact.custom).op("||")(literal(custom, JSONB))
    connection.execute(update(Contact).where(col(Contact.id).in_(contacts)).values(columns))
    if IDENTIFYING & columns.keys():
        record_current(connection, contacts, "journey", now)
    said = {**({"by": by} if by else {}), **fields}
    connection.execute(EMIT_CHANGE, {"fields": to_json(said), "now": now, "contacts": id_list(contacts)})


def _column(name: str, value: Any, now: datetime) -> dict[str, Any | ColumnElement[Any]]:
    if name in READ_ONLY_FIELDS:
        raise InvalidField(f"'{name}' cannot be set. It is counted, given by a router, or follows from something else.")
    annotation: Any = Contact.model_fields[name].annotation
    try:
        clean = TypeAdapter(annotation).validate_python(value)
    except ValidationError as error:
        raise InvalidField(f"'{name}' cannot be {value!r}: {error.errors()[0]['msg']}.") from None
    if name == "stage":
        return _stage(Stage(clean), now)
    if name == "mql_level":
        return _level(clean)
    return {name: clean}


def _suppress(connection: Connection, contacts: Sequence[int], reason: Suppression | None, now: datetime) -> None:
    """None takes back what we decided ourselves, never what the contact or their mail server said."""
    if reason is None:
        lift_suppression(connection, contacts, (Suppression.REMOVED, Suppression.MANUAL), now, "journey")
    else:
        suppress(connection, contacts, reason, now, "journey")


def _level(level: int | None) -> dict[str, Any]:
    """A level that is set stays until it is set to None: then the playbook's conditions decide again."""
    if level not in (None, 1, 2, 3):
        raise InvalidField(f"'mql_level' cannot be {level!r}: set 1 (least likely to buy), 2, 3, or None.")
    return {"mql_level": level, "mql_level_by": None if level is None else "person"}


def _stage(stage: Stage, now: datetime) -> dict[str, Any]:
    """Stages never fall: a customer whom a salesperson calls qualified stays a customer."""
    rises = STAGES.index(stage) > RANK
    reached = getattr(Contact, f"{stage}_at")
    return {
        "stage": case((rises, stage.value), else_=Contact.stage),
        reached.key: case((rises, func.coalesce(reached, now)), else_=reached),
    }


def field_problem(fields: Mapping[str, Any], playbook: Playbook, now: datetime) -> str | None:
    """The sentence about the first field that contacts do not have, or that cannot hold its value; None without one."""
    try:
        for name, value in fields.items():
            if name in Contact.model_fields:
                _column(name, value, now)
            else:
                _custom(playbook, name, value)
    except ValueError as error:
        return str(error)
    return None


def _custom(playbook: Playbook, name: str, value: Any) -> Any:
    declared = playbook.fields
    if name not in declared:
        known = sorted([*declared, *(set(Contact.model_fields) - READ_ONLY_FIELDS)])
        raise InvalidField(
            f"Contacts have no field '{name}'.{did_you_mean(name, known)} They have: {', '.join(known)}. Declare "
            "custom fields in the playbook."
        )
    # Emptied: no type reads nothing as a value.
    return None if value is None else clean(declared[name], value, country=playbook.company.country)
