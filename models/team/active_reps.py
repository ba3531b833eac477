"""Salespeople to choose from: who is there, by name."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

ACTIVE = text("""
SELECT rep.id, rep.name, team.name AS team FROM rep LEFT JOIN team ON team.id = rep.team_id
WHERE rep.active ORDER BY rep.name, rep.id LIMIT 2000
""")


@dataclass(frozen=True)
class ActiveRep:
    """A salesperson who can be given something."""

    id: int
    name: str
    team: str | None


def active_reps(connection: Connection) -> list[ActiveRep]:
    """Everybody who is there."""
    return [ActiveRep(*row) for row in connection.execute(ACTIVE)]
