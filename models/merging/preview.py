"""What would become of two contacts if they were merged, for the person who decides."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from models.database import id_list
from models.display_name import DISPLAY_NAME
from models.merging.combine import combine

CONTACTS = text(f"""
SELECT contact.id, {DISPLAY_NAME} AS who, to_jsonb(contact) AS row, rep.name AS owner,
       (SELECT count(*) FROM event WHERE contact_id = contact.id) AS events,
       (SELECT count(*) FROM "order" WHERE contact_id = contact.id) AS orders,
       (SELECT count(*) FROM task WHERE contact_id = contact.id AND done_at IS NULL AND closed_at IS NULL) AS tasks,
       (SELECT array_agg(journey ORDER BY journey) FROM journey_run
        WHERE contact_id = contact.id AND ended_at IS NULL) AS journeys
FROM contact LEFT JOIN rep ON rep.id = contact.owner_id WHERE contact.id = ANY(CAST(:contacts AS bigint[]))
""")


@dataclass(frozen=True)
class PreviewedContact:
    """One of the two, as they stand now."""

    id: int
    who: str
    owner: str | None
    events: int
    orders: int
    tasks: int
    journeys: list[str]
    row: dict[str, Any]


@dataclass(frozen=True)
class MergePreview:
    """Two contacts, and what the kept one would say afterwards."""

    kept: PreviewedContact
    merged: PreviewedContact
    filled: dict[str, Any]
    """Field -> what the kept contact would get from the other one."""
    differing: dict[str, tuple[Any, Any]]
    """Field -> what stays, and what only the timeline would say."""
    ending: list[str]
    """Journeys that both are on: the run that has come less far would end."""
    owner: str | None
    suppressed: str | None
    """The reason that would hold for both, of those for which either gets no mail."""


NOT_SHOWN = {"score", "latitude", "longitude", "mql_level_by", "created_at", "consent_at"}


def preview_merge(connection: Connection, kept: int, merged: int) -> MergePreview | None:
    """What merging one contact into the other would do; None when one of them is not there."""
    found = {
        row["id"]: PreviewedContact(**row | {"journeys": row["journeys"] or []})
        for row in map(dict, connection.execute(CONTACTS, {"contacts": id_list((kept, merged))}).mappings())
    }
    if len(found) < 2:
        return None
    one, other = found[kept], found[merged]
    combined = combine(one.row, other.row)
    filled = {name: value for name, value in combined.columns.items() if name not in NOT_SHOWN}
    return MergePreview(
        kept=one,
        merged=other,
        filled={name: value for name, value in filled.items() if not name.endswith("_at") and name != "custom"}
        | _new_answers(one.row, filled),
        differing=combined.differing,
        ending=sorted({*one.journeys} & {*other.journeys}),
        owner=one.owner or other.owner,
        suppressed=one.row["suppressed"] or other.row["suppressed"],
    )


def _new_answers(kept: dict[str, Any], filled: dict[str, Any]) -> dict[str, Any]:
    """Custom fields that are new."""
    custom = filled.get("custom") or {}
    return {name: value for name, value in custom.items() if value != (kept["custom"] or {}).get(name)}
