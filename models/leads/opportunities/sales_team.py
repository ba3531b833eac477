"""The salespeople of another system: who is in no playbook is kept as somebody who gets no leads, with their team."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from models.database import to_json
from models.values.readers.bad_value import BadValue
from models.values.readers.email_address import clean_email

NOWHERE = "invalid"
"""The domain of people whose address nobody knows: no mail can go there."""
LONGEST_NAME = 200

LOCK = text("SELECT pg_advisory_xact_lock(hashtext('tend playbook'))")
"""The lock of whoever applies a playbook: it makes people as well."""

PEOPLE = text("SELECT id, name, email, active, team_id FROM rep ORDER BY id")
TEAMS = text("SELECT name, id, manager, region FROM team ORDER BY id")

ADD_TEAMS = text("""
INSERT INTO team (name, manager, region)
SELECT n.name, n.manager, n.region
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (name text, manager text, region text)
ON CONFLICT (name) DO NOTHING
""")

COMPLETE_TEAMS = text("""
-- What the playbook says of its own teams stays; what it leaves open is filled in.
UPDATE team SET manager = coalesce(team.manager, n.manager), region = coalesce(team.region, n.region)
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (name text, manager text, region text)
WHERE team.name = n.name AND (team.manager, team.region) IS DISTINCT FROM
      (coalesce(team.manager, n.manager), coalesce(team.region, n.region))
""")

ADD_PEOPLE = text("""
INSERT INTO rep (name, email, team_id, active)
SELECT n.name, n.email, team.id, false
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (name text, email text, team text)
LEFT JOIN team ON team.name = n.team
ON CONFLICT (email) DO NOTHING
""")

MOVE_PEOPLE = text("""
-- Whoever is in the playbook has the team that it says.
UPDATE rep SET team_id = team.id
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (id bigint, team text) JOIN team ON team.name = n.team
WHERE rep.id = n.id AND NOT rep.active AND rep.team_id IS DISTINCT FROM team.id
""")


@dataclass(frozen=True)
class SalesTeam:
    """Whom the words of a file mean."""

    numbers: Mapping[str, int | None]
    """A name or an address, in plain spelling -> the number of the rep; None: two people are called so."""

    def rep_id(self, word: str) -> int | None:
        """The rep that a word means; None: nobody, or one of several."""
        return self.numbers.get(plain_name(word))

    def is_ambiguous(self, word: str) -> bool:
        """Whether several people are called so."""
        return plain_name(word) in self.numbers and self.rep_id(word) is None


def known_team(connection: Connection) -> SalesTeam:
    """Everybody who is known, also those who have left. Of two with one name the one who is there is meant."""
    by_name: defaultdict[str, list[tuple[bool, int]]] = defaultdict(list)
    numbers: dict[str, int | None] = {}
    for rep in connection.execute(PEOPLE):
        by_name[plain_name(rep.name)].append((rep.active, rep.id))
    for name, people in by_name.items():
        present = [number for active, number in people if active] or [number for _, number in people]
        numbers[name] = present[0] if len(present) == 1 else None
    for rep in connection.execute(PEOPLE):
        numbers[rep.email.casefold()] = rep.id
    return SalesTeam(numbers)


def store_team(
    connection: Connection, people: Sequence[Mapping[str, str]], named: Iterable[str], source: str
) -> tuple[SalesTeam, list[str]]:
    """Keep the people of a list with their teams, and whoever else the deals name; gives whom words mean, and who was
    in no list.

    A team is called as the list says, else after its manager. Nobody of them gets leads or mail: their address is
    nowhere, and they are not active. Whom the playbook names is that person. Doing it again changes nothing.
    """
    connection.execute(LOCK)
    listed = [{**row, "rep": " ".join(row["rep"].split())[:LONGEST_NAME]} for row in people]
    _store_teams(connection, listed)
    known = known_team(connection)
    new = {plain_name(row["rep"]): row for row in listed if not _is_known(known, row)}
    strangers = {plain_name(name): " ".join(name.split())[:LONGEST_NAME] for name in named}
    strangers = {
        plain: name for plain, name in strangers.items() if plain not in known.numbers and plain not in new and name
    }
    taken = {row.email.casefold() for row in connection.execute(PEOPLE)}
    added = [
        {"name": row["rep"], "email": _address(row.get("email", ""), row["rep"], source, taken), "team": _team(row)}
        for row in (*new.values(), *({"rep": name} for name in strangers.values()))
    ]
    if added:
        connection.execute(ADD_PEOPLE, {"rows": to_json(added)})
    moved = [
        {"id": number, "team": team}
        for row in listed
        if (number := known.rep_id(row.get("email", "")) or known.rep_id(row["rep"])) and (team := _team(row))
    ]
    if moved:
        connection.execute(MOVE_PEOPLE, {"rows": to_json(moved)})
    return known_team(connection), sorted(strangers.values()) if people else []


def _is_known(known: SalesTeam, row: Mapping[str, str]) -> bool:
    return row.get("email", "").casefold() in known.numbers or plain_name(row["rep"]) in known.numbers


def _store_teams(connection: Connection, listed: Sequence[Mapping[str, str]]) -> None:
    teams = {
        name: {"name": name, "manager": row.get("manager"), "region": row.get("region")}
        for row in reversed(listed)
        if (name := _team(row))
    }
    if teams:
        connection.execute(ADD_TEAMS, {"rows": to_json(list(teams.values()))})
        connection.execute(COMPLETE_TEAMS, {"rows": to_json(list(teams.values()))})


def _team(row: Mapping[str, str]) -> str | None:
    return row.get("team") or row.get("manager") or row.get("region")


def plain_name(name: str) -> str:
    """A name as it is compared: without case, accents, doubled blanks, and with the first name first."""
    last, comma, first = name.partition(",")
    text = f"{first} {last}" if comma and first.strip() else name
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(each for each in letters if not unicodedata.combining(each)).split())


def _address(given: str, name: str, source: str, taken: set[str]) -> str:
    """Their own address, else one that leads nowhere and that nobody else has."""
    try:
        own = clean_email(given) if given else ""
    except BadValue:
        own = ""
    words = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    local = ".".join(re.findall(r"[a-z0-9]+", words))[:60] or "salesperson"
    choices = [own] if own else []
    choices += [f"{local}@{source}.{NOWHERE}", *(f"{local}.{n}@{source}.{NOWHERE}" for n in range(2, 10_000))]
    address = next(each for each in choices if each.casefold() not in taken)
    taken.add(address.casefold())
    return address
