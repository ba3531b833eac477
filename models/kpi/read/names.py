"""What the members of dimensions and the teams are called."""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from models.playbook import Playbook
from models.tables.kpi import Dimension

NOT_KNOWN = {
    Dimension.ALL: "Everybody",
    Dimension.PERSON: "Nobody",
    Dimension.SOURCE: "No source known",
    Dimension.PRODUCT: "No product",
    Dimension.JOURNEY: "No journey",
}


def member_names(connection: Connection, dimension: Dimension, playbook: Playbook | None = None) -> Mapping[str, str]:
    """Member -> its name for people. What is not in it is called by itself, see `name_of`."""
    match dimension:
        case Dimension.PERSON:
            rows = connection.execute(text("SELECT CAST(id AS text) AS member, name FROM rep"))
        case Dimension.PRODUCT:
            rows = connection.execute(text("SELECT code AS member, name FROM product"))
        case Dimension.SOURCE:
            return {name: source.label or name for name, source in (playbook.sources if playbook else {}).items()}
        case _:
            return {}
    return {row.member: row.name for row in rows}


def source_name(source: str, playbook: Playbook) -> str:
    """What the playbook calls a source."""
    known = playbook.sources.get(source)
    return (known.label if known else None) or source or NOT_KNOWN[Dimension.SOURCE]


def team_names(connection: Connection) -> Mapping[str, str]:
    """Number of a team, as text -> its name."""
    rows = connection.execute(text("SELECT CAST(id AS text) AS member, name FROM team"))
    return {row.member: row.name for row in rows}


def name_of(member: str, dimension: Dimension, names: Mapping[str, str]) -> str:
    """A member's name; words for those without one."""
    if member in ("", "0"):
        return NOT_KNOWN[dimension]
    return names.get(member, member)
