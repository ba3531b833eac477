"""What one contact's fields become when another one turns out to be the same person. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.tables.contact import STAGES, Contact, Stage

ContactRow = Mapping[str, Any]
"""A contact's row as Postgres' `to_jsonb` gives it."""

FIELDS_THAT_BELONG_TOGETHER = (
    ("first_name", "last_name"),
    ("phone", "phone_extension"),
    ("company", "industry", "employees", "job_title"),
    ("street", "city", "state", "postal_code", "country", "latitude", "longitude", "time_zone"),
)
"""A number's extension, a city's street: the gaps of one contact are filled from the other one only where the two do
not contradict each other, or an address would be made up that nobody gave."""

OTHER_FIELDS = (
    *("email", "mobile_phone", "preferred_time", "product"),
    *("has_budget", "has_authority", "has_need", "has_timeline"),
)
"""Each stands for itself: the kept contact's counts, and a gap is filled."""

EARLIER, LATER = "earlier", "later"
MOMENTS = {f"{stage}_at": EARLIER for stage in Stage} | {"created_at": EARLIER, "consent_at": LATER}
"""Stages: the moment at which the person first came to each. Consent: when they agreed last."""

UNMERGED_COLUMNS = {
    **dict.fromkeys(("id",), "the kept contact's number"),
    **dict.fromkeys(("owner_id",), "given by models/routing/assignment/owner_change.py"),
    **dict.fromkeys(("suppressed", "suppressed_at"), "given by models/mail/suppression.py"),
    **dict.fromkeys(("scored_on",), "counted anew by models/scoring/recount.py"),
    **dict.fromkeys(("probability", "probability_reasons", "probability_day"), "predicted anew every night"),
    **dict.fromkeys(("updated_at",), "set when the row is written"),
}
"""Columns that are not combined here, and what becomes of them."""


@dataclass(frozen=True)
class CombinedContact:
    """The kept contact's columns after a merge, and what the other one said differently."""

    columns: dict[str, Any]
    """Only those that change."""
    differing: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """Field -> what the kept contact has, and what the other one had."""


def combine(kept: ContactRow, merged: ContactRow) -> CombinedContact:
    """The kept contact's filled fields win, its gaps are filled, and the person stands where the further one stood."""
    new: dict[str, Any] = {}
    for group in FIELDS_THAT_BELONG_TOGETHER:
        new |= _fill_group(group, kept, merged)
    new |= {name: merged[name] for name in OTHER_FIELDS if _is_empty(kept[name]) and not _is_empty(merged[name])}
    new |= {name: _moment(kept[name], merged[name], which) for name, which in MOMENTS.items()}
    new |= _custom(kept, merged) | _stage(kept, merged) | _level(kept, merged) | _source(kept, merged)
    # Thresholds that either of them had reached are not crossed again when the points of both are counted.
    new["score"] = max(kept["score"], merged["score"], key=float)
    changed = {name: value for name, value in new.items() if value != kept[name]}
    return CombinedContact(changed, _differing(kept, merged))


def combined_columns() -> set[str]:
    """The columns of a contact that `combine` may change."""
    grouped = {name for group in FIELDS_THAT_BELONG_TOGETHER for name in group}
    counted = {"custom", "stage", "mql_level", "mql_level_by", "source", "score"}
    return grouped | set(OTHER_FIELDS) | set(MOMENTS) | counted


def _is_empty(value: Any) -> bool:
    return value in (None, "")


def _same(one: Any, other: Any) -> bool:
    """Whether two values say the same, apart from capitals and spaces."""
    if isinstance(one, str) and isinstance(other, str):
        return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
    return bool(one == other)


def _contradicts(name: str, kept: ContactRow, merged: ContactRow) -> bool:
    return not (_is_empty(kept[name]) or _is_empty(merged[name]) or _same(kept[name], merged[name]))


def _fill_group(names: tuple[str, ...], kept: ContactRow, merged: ContactRow) -> dict[str, Any]:
    if any(_contradicts(name, kept, merged) for name in names):
        return {}
    return {name: merged[name] for name in names if _is_empty(kept[name]) and not _is_empty(merged[name])}


def _moment(kept: str | None, merged: str | None, which: str) -> str | None:
    given = [one for one in (kept, merged) if one is not None]
    choose = min if which == EARLIER else max
    return choose(given, key=datetime.fromisoformat, default=None)


def _custom(kept: ContactRow, merged: ContactRow) -> dict[str, Any]:
    filled = {name: value for name, value in (kept["custom"] or {}).items() if not _is_empty(value)}
    return {"custom": (kept["custom"] or {}) | (merged["custom"] or {}) | filled}


def _stage(kept: ContactRow, merged: ContactRow) -> dict[str, Any]:
    return {"stage": max(kept["stage"], merged["stage"], key=lambda stage: STAGES.index(Stage(stage)))}


def _level(kept: ContactRow, merged: ContactRow) -> dict[str, Any]:
    """What a person has set goes before what a rule says; the rule is asked again by itself."""
    by_person = kept["mql_level_by"] != "person" and merged["mql_level_by"] == "person"
    if by_person or kept["mql_level"] is None:
        return {name: merged[name] for name in ("mql_level", "mql_level_by")}
    return {}


def _source(kept: ContactRow, merged: ContactRow) -> dict[str, Any]:
    """Where the person first came from: the source of whoever is older."""
    first, second = sorted((kept, merged), key=lambda row: datetime.fromisoformat(row["created_at"]))
    return {"source": first["source"] or second["source"]}


def _differing(kept: ContactRow, merged: ContactRow) -> dict[str, tuple[Any, Any]]:
    """What people gave, and the two of them differently."""
    counted = {"custom", "stage", "source", "latitude", "longitude"}
    names = [name for name in Contact.model_fields if name in combined_columns() - counted - set(MOMENTS) - {"score"}]
    own = {name: (kept[name], merged[name]) for name in names if _contradicts(name, kept, merged)}
    one, other = kept["custom"] or {}, merged["custom"] or {}
    declared = [name for name in one if name in other]
    return own | {name: (one[name], other[name]) for name in declared if _contradicts(name, one, other)}
