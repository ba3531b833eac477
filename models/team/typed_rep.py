"""Finds the salesperson whom somebody has typed into a form: by name, number or email."""

from typing import NamedTuple

from sqlalchemy import Connection, text

# Whoever is there comes before those who have left.
FIND = text("""
SELECT id, name, active FROM rep
WHERE email = :typed OR CAST(id AS text) = :typed OR lower(regexp_replace(trim(name), '\\s+', ' ', 'g')) = :typed
   OR lower(format('%s (%s)', regexp_replace(trim(name), '\\s+', ' ', 'g'), id)) = :typed
ORDER BY active DESC, id
""")


class NoSuchRep(ValueError):
    """Nobody, or more than one, is found by what was typed; the sentence says what to type."""


class FoundRep(NamedTuple):
    """Whom it is about."""

    id: int
    name: str
    active: bool


def typed_rep(connection: Connection, typed: str) -> int:
    """The number of the salesperson, active or not. Raises NoSuchRep."""
    wanted = " ".join(typed.split())
    found = [FoundRep(*row) for row in connection.execute(FIND, {"typed": wanted.lower()})]
    best = [one for one in found if one.active] or found
    if not best:
        raise NoSuchRep(f"Nobody here is called {wanted!r}. Give the name as it stands in the playbook.")
    if len(best) > 1:
        numbers = ", ".join(str(one.id) for one in best)
        raise NoSuchRep(f"{len(best)} people here are called {wanted!r}. Give the number of one of them: {numbers}.")
    return best[0].id
