"""What a view for other programs is made of."""

from dataclasses import dataclass

NOW = "known_until IS NULL"
"""SQL: what is reported now."""

OF_TEAM = {
    "team": "The team's name.",
    "manager": "The name of its manager, or their address.",
    "region": "The region that it sells in.",
}
TEAM = "t.name AS team, coalesce(t.manager, t.manager_email) AS manager, t.region"
"""SQL over team as `t`: what OF_TEAM names."""

OF_PERSON = {"person": "The salesperson; empty where a lead had no owner.", **OF_TEAM}
PERSON = f"r.name AS person, {TEAM}"
"""SQL over rep as `r` and team as `t`: what OF_PERSON names."""
PERSON_TABLES = "LEFT JOIN rep r ON CAST(r.id AS text) = k.member LEFT JOIN team t ON t.id = k.team_id"


@dataclass(frozen=True)
class View:
    """One view, as it is listed to spreadsheets and BI tools. Its rows may be added up: nobody is in it twice."""

    name: str
    about: str
    """What a row is."""
    columns: dict[str, str]
    """Column -> what it is, in the order in which they stand."""
    select: str


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
