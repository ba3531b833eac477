"""Which team everybody was in when, by the playbooks that were applied, and what a team of then is called now."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from sqlalchemy import Connection, text

from models.database import copy_rows
from models.playbook import Playbook

APPLIED = text("""
-- Each playbook whose teams are not those of the one before.
SELECT applied_at,
       ARRAY(SELECT jsonb_build_array(team.entry -> 'name', rep.entry -> 'email')
             FROM jsonb_array_elements(teams) AS team (entry), jsonb_array_elements(team.entry -> 'reps') AS rep (entry)
       ) AS people
FROM (
    SELECT id, applied_at, coalesce(document -> 'teams', '[]') AS teams,
           lag(document -> 'teams') OVER (ORDER BY id) AS before
    FROM playbook
) applied
WHERE teams IS DISTINCT FROM before ORDER BY id
""")

TEAMS = text("SELECT name, id FROM team")
REPS = text("SELECT email, id, coalesce(team_id, 0) AS team_id FROM rep")

TEAM_SPANS = text("""
CREATE TEMP TABLE team_span (rep_id bigint, team_id bigint, begins timestamptz, ends timestamptz) ON COMMIT DROP
""")

People = Mapping[str, Sequence[str]]
"""Name of a team -> the addresses of its people, in one playbook."""


@dataclass(frozen=True)
class Teams:
    """Teams and people as they are now."""

    named: Set[str]
    """The teams of the playbook in force."""
    numbers: Mapping[str, int]
    """Name of every team that there ever was -> its number."""
    reps: Mapping[str, tuple[int, int]]
    """Address -> number of the rep and of their team."""

    def rep(self, email: str) -> int | None:
        """The number of a rep; None: there is none."""
        found = self.reps.get(email)
        return found[0] if found else None

    def team(self, name: str, people: People) -> int | None:
        """The team that was called so when it had these people. Where the playbook has it no longer, and most of its
        people are in one team now, it has become that one: it was renamed. None: it is no more.
        """
        if name in self.named:
            return self.numbers.get(name)
        homes = Counter(self.reps[email][1] for email in people.get(name, ()) if email in self.reps)
        [(home, most)] = homes.most_common(1) or [(0, 0)]
        return home if home and 2 * most > homes.total() else self.numbers.get(name)


@dataclass(frozen=True)
class TeamSpan:
    """A rep was in a team from when until when; None: since always, until now."""

    rep_id: int
    team_id: int
    begins: datetime | None
    ends: datetime | None


def read_teams(connection: Connection, playbook: Playbook) -> Teams:
    """Teams and people as they are now; `playbook` is the one in force."""
    return Teams(
        named={team.name for team in playbook.teams},
        numbers=dict(connection.execute(TEAMS).tuples().all()),
        reps={row.email: (row.id, row.team_id) for row in connection.execute(REPS)},
    )


def people_of(listed: Sequence[Sequence[str]]) -> People:
    """The people of each team, of pairs of a team's name and an address."""
    people: dict[str, list[str]] = {}
    for team, email in listed:
        people.setdefault(team, []).append(email)
    return people


def make_team_spans(connection: Connection, playbook: Playbook) -> None:
    """Make the temporary table team_span: of everybody who was in more than one team, when they were in which.

    Whoever is not in it has always been in the team that they are in. Nor is anybody who is in another team now than
    the playbooks say: since when is not known.
    """
    connection.execute(text("DROP TABLE IF EXISTS team_span"))
    connection.execute(TEAM_SPANS)
    spans = read_team_spans(connection, playbook)
    rows = [(one.rep_id, one.team_id, one.begins or "-infinity", one.ends or "infinity") for one in spans]
    copy_rows(connection, "team_span", rows)


def read_team_spans(connection: Connection, playbook: Playbook) -> list[TeamSpan]:
    """Those of the table team_span."""
    applied = [(row.applied_at, people_of(row.people)) for row in connection.execute(APPLIED)]
    return list(team_spans(applied, read_teams(connection, playbook)))


def team_spans(applied: Sequence[tuple[datetime, People]], teams: Teams) -> Iterator[TeamSpan]:
    """Of everybody who was in more than one team. `applied`: since when which people were in which teams. Pure."""
    homes = dict(teams.reps.values())
    moves: dict[int, list[tuple[datetime, int]]] = {}
    for at, people in applied:
        for name, emails in people.items():
            number = teams.team(name, people)
            for rep_id in filter(None, map(teams.rep, emails)):
                moves.setdefault(rep_id, []).append((at, number or 0))
    for rep_id, told in moves.items():
        changes = [next(same) for _, same in groupby(told, key=lambda one: one[1])]
        if len(changes) == 1 or changes[-1][1] != homes[rep_id]:
            continue
        begins: list[datetime | None] = [None, *(at for at, _ in changes[1:]), None]
        for (_, team_id), (begin, end) in zip(changes, pairwise(begins), strict=True):
            yield TeamSpan(rep_id, team_id, begin, end)
