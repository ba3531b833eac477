"""Two versions of a journey that were played with the same draws, contact by contact. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flows.rehearsal.bands import Band, band
from flows.rehearsal.result import Path, Result

AT_THE_START = "at the start"
NOTHING_MORE = "nothing more in this time"


@dataclass(frozen=True)
class Parting:
    """Where a contact's two ways part: the last step that both have, and what comes next on each."""

    after: str
    here: str
    there: str


def parting(here: Path, there: Path) -> Parting | None:
    """Where two ways part; None for two that are the same."""
    common = next((place for place, (one, other) in enumerate(zip(here, there, strict=False)) if one != other), None)
    if common is None:
        if len(here) == len(there):
            return None
        common = min(len(here), len(there))
    return Parting(here[common - 1] if common else AT_THE_START, _step(here, common), _step(there, common))


def _step(path: Path, place: int) -> str:
    return path[place] if place < len(path) else NOTHING_MORE


def partings(results: Sequence[Result], others: Sequence[Result]) -> dict[Parting, Band]:
    """How many contacts part at each place, over plays that were drawn alike, the most first."""
    counts = [_count(here, there) for here, there in zip(results, others, strict=True)]
    found = {
        one: band([count[one] for count in counts]) for one in dict.fromkeys(one for count in counts for one in count)
    }
    return dict(sorted(found.items(), key=lambda one: (-one[1].middle, str(one[0]))))


def who_part(results: Sequence[Result], others: Sequence[Result]) -> Band:
    """How many contacts go another way at all."""
    return band([_count(here, there).total() for here, there in zip(results, others, strict=True)])


def _count(here: Result, there: Result) -> Counter[Parting]:
    contacts = here.paths.keys() | there.paths.keys()
    found = (parting(here.paths.get(one, ()), there.paths.get(one, ())) for one in contacts)
    return Counter(one for one in found if one is not None)
