"""Names that are not there: the error says which one was meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def one_of(what: str, name: str, known: Iterable[str]) -> str:
    """The name, if it is among the known ones. Raises ValueError with what it may have been meant to be."""
    names = list(known)
    if name in names:
        return name
    meant = get_close_matches(name, names, n=1)
    hint = f"Did you mean '{meant[0]}'?" if meant else f"There are: {', '.join(sorted(names)) or 'none'}."
    raise ValueError(f"There is no {what} '{name}'. {hint}")
