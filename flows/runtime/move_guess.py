"""A guess of what a changed journey may say of its open runs, from its map and the one in force. Pure."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from models.journeys.maps.places import JourneyPlaces

ALIKE = 0.5
"""From how alike on two names of one verb may be the same step that is called otherwise."""


def guess_move(before: JourneyPlaces, now: JourneyPlaces) -> str:
    """`open_runs=move(...)` as one writes it; whoever knows the journey has to look at it."""
    old, new = _steps(before), _steps(now)
    removed, added = [one for one in old if one not in new], [one for one in new if one not in old]
    renamed = _alike(removed, added)
    removed = [one for one in removed if one not in renamed]
    added = [one for one in added if one not in renamed.values()]
    parts = []
    if renamed:
        parts.append(f"renamed={{{', '.join(f'{step!r}: {to!r}' for step, to in renamed.items())}}}")
    if removed:
        parts.append(f"removed=({', '.join(map(repr, removed))},)")
    if added:
        parts.append(f"added={{{', '.join(f'{step!r}: ...' for step in added)}}}")
    return f"open_runs=move({', '.join(parts)})".replace("'", '"')


def _steps(places: JourneyPlaces) -> list[str]:
    return list(dict.fromkeys(f"{place.verb} {place.name}" for place in places.places))


def _alike(removed: Sequence[str], added: Sequence[str]) -> dict[str, str]:
    """Removed -> added, the most alike first; each step once at most."""
    pairs = [(old, new) for old in removed for new in added if _verb(old) == _verb(new)]
    pairs.sort(key=lambda pair: SequenceMatcher(None, *pair).ratio(), reverse=True)
    found: dict[str, str] = {}
    for old, new in pairs:
        if SequenceMatcher(None, old, new).ratio() >= ALIKE and old not in found and new not in found.values():
            found[old] = new
    return found


def _verb(step: str) -> str:
    return step.partition(" ")[0]
