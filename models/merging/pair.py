"""Two contacts that become one, and what is written down about it so that they can be separated again. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from models.database import to_json
from models.merging.combine import CombinedContact


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contacts who are one person."""

    kept: int
    """The contact that stays."""
    merged: int
    """The contact whose rows the kept one gets, and that is gone afterwards."""
    reason: str
    """What shows that they are one person, as a person reads it."""


@dataclass
class Trace:
    """What a merge did. Rows are named by their number, or by the column of `references.ROW_NAMES`."""

    kept: dict[str, Any]
    """The kept contact's row before."""
    merged: dict[str, Any]
    """The merged contact's row."""
    given: dict[str, Any] = field(default_factory=dict)
    """The kept contact's columns that changed, with their new values."""
    moved: defaultdict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    """`table.column` -> the rows that changed hands."""
    dropped: defaultdict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """Table -> whole rows that said what a row of the other contact says."""
    withdrawn_points: list[int] = field(default_factory=list)
    """Score entries that count once for both."""
    closed: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Table -> rows that are over by the merge: runs, placements, conflicts, alerts. They stay over."""
    suppressed: str | None = None
    """The reason for which the merge suppressed the kept contact."""


class Choice(NamedTuple):
    """What a contact said last about being written to."""

    is_given: bool
    at: datetime | None
    """None: nobody knows any more."""


def strictest_no(kept: Choice | None, merged: Choice | None, now: datetime) -> datetime | None:
    """From when the kept contact has to be held to a no of either of them; None when nothing has to be said.

    A no of one stands against a yes of the other that is later, or of the same day: it is said anew.
    """
    nos = [one for one in (kept, merged) if one and not one.is_given]
    if not nos:
        return None
    last = max((one.at for one in nos if one.at), default=None)
    yes = [one.at for one in (kept, merged) if one and one.is_given and one.at]
    if last is None or any(at >= last for at in yes):
        return now
    return last if merged in nos else None


@dataclass
class Merge:
    """One merge on its way."""

    pair: Pair
    combined: CombinedContact
    trace: Trace
    requests: list[int] = field(default_factory=list)
    """Events by which the person asked for somebody, and that the task of a run which ends was about."""
    kept_said: Choice | None = None
    merged_said: Choice | None = None
    number: int = 0
    """Of its row in contact_merge."""


def pairs_json(pairs: Iterable[Pair]) -> str:
    """The parameter `pairs` of SQL: each with its place among them."""
    return to_json([{"place": place, "kept": one.kept, "merged": one.merged} for place, one in enumerate(pairs)])


def rounds(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Split pairs, in order, so that no contact appears twice in a round: one may be merged into several times."""
    rounds_of: defaultdict[int, int] = defaultdict(int)
    found: list[list[Pair]] = []
    for pair in pairs:
        place = max(rounds_of[pair.kept], rounds_of[pair.merged])
        rounds_of[pair.kept] = rounds_of[pair.merged] = place + 1
        if place == len(found):
            found.append([])
        found[place].append(pair)
    return found
