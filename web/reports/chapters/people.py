"""Teams and people: what each of them brought and did, whoever did nothing included."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from models.kpi.definitions import Reading
from models.kpi.definitions.kpi import Term, counted, money, summed
from models.kpi.read import KpiValue, read_teams, read_values
from models.kpi.read.sums import Cut, Found, read_sums
from models.tables.kpi import Dimension, KpiName
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import count_cell, money_cell, number_cell, share_cell, text_cell
from web.reports.chapters.chapter import Chapter, DataTable, Part, TableCell, TableColumn
from web.reports.chapters.kpi_table import TableMember, kpi_table
from web.reports.links import people_of
from web.reports.query import ReportRequest

RESULTS = (
    *(KpiName.LEADS, KpiName.CONNECTIONS, KpiName.CONNECTION_RATE, KpiName.OPPORTUNITIES, KpiName.WIN_RATE),
    *(KpiName.ORDERS, KpiName.CLOSING_RATE, KpiName.REVENUE),
)
COHORTS = (
    KpiName.QUALIFIED_SHARE,
    KpiName.CONNECTION_RATE,
    KpiName.CLOSING_RATE,
    KpiName.WIN_RATE,
    KpiName.ORDER_SHARE,
)
ACTIVITIES = (
    *(KpiName.TOUCHES, KpiName.FOLLOW_UP_SHARE, KpiName.IN_SERVICE_LEVEL, KpiName.RESPONSE_TIME),
    *(KpiName.OFFERS, KpiName.OFFER_ACCEPTANCE, KpiName.OFFER_TIMEOUTS),
)

BROUGHT = (KpiName.ORDERS, KpiName.OPPORTUNITIES, KpiName.LEADS)
MOST_PEOPLE = 25

LEAD = (
    "Results count for whoever owned the lead at that moment, by the log of assignments; deals that another system "
    "told of for their salesperson; calls and other attempts for whoever reported them. What automation sends is never "
    "a person's. A lead counts once for its team, however often it changed hands, so a team may have fewer than its "
    "people together. Everybody is here, also who has nothing yet."
)
FOR_OWNER = "For whoever owned the lead at that moment. By period: what happened in these days."
FOR_OWNER_AT_BEGIN = "For whoever owned the lead when it began. By cohort: what has become of those of these days."
FOR_DOER = "Attempts for whoever reported them, requests for whoever was to answer them, offers for whoever got them."

TEAMS = text("""
SELECT id, name, coalesce(manager, manager_email, '') AS manager, coalesce(region, '') AS region FROM team
WHERE :team = 0 OR id = :team ORDER BY name
""")

REPS = text("""
SELECT rep.id, rep.name, rep.active, coalesce(team.name, '') AS team FROM rep LEFT JOIN team ON team.id = rep.team_id
WHERE :team = 0 OR rep.team_id = :team ORDER BY rep.active DESC, rep.name, rep.id
""")

OPENED, WON, LOST, WORTH, TOOK = counted("opportunity"), counted("won"), counted("lost"), money("won"), summed("won")
DEALS = (OPENED, WON, LOST, WORTH, TOOK)


@dataclass(frozen=True)
class _Team:
    id: int
    name: str
    manager: str
    region: str


def people(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    teams = [_Team(**row._mapping) for row in connection.execute(TEAMS, {"team": asked.team_id})]
    parts: list[Part] = []
    if teams:
        parts += _team_tables(connection, asked, teams)
    parts += _person_tables(connection, asked)
    return Chapter(name="people", title="People", lead=LEAD, parts=parts)


def _team_tables(connection: Connection, asked: ReportRequest, teams: Sequence[_Team]) -> Iterator[DataTable]:
    members = [_team_member(team, asked) for team in teams]
    headings = ("Team", "Manager", "Region")
    values = read_teams(connection, asked.question, kpis={*RESULTS, *COHORTS, *ACTIVITIES})
    yield from _kpi_tables(_Whose("teams", "Teams", headings), members, values)
    found = read_sums(connection, asked.question, DEALS, Cut(by_team=True))
    if found:
        yield _deals("team-deals", "Teams: deals", _headings(headings[:1]), _only_names(members), found)
    regions = _regions(teams)
    if found and len(regions) > 1:
        yield _deals_of_regions(regions, found)


def _team_member(team: _Team, asked: ReportRequest) -> TableMember:
    name = text_cell(team.name, opens=asked.link("/reports/people", team=team.name))
    cells = [name, text_cell(team.manager), text_cell(team.region)]
    return TableMember(key=str(team.id), cells=cells, opens=people_of(asked, team=team.name))


def _person_tables(connection: Connection, asked: ReportRequest) -> Iterator[DataTable]:
    headings = ("Person", "Team")
    values = read_values(connection, asked.question, Dimension.PERSON, kpis={*RESULTS, *COHORTS, *ACTIVITIES})
    members = _most_brought_first(list(_persons(connection, asked)), values)
    yield from _kpi_tables(_Whose("persons", "People", headings, most=MOST_PEOPLE), members, values)
    found = read_sums(connection, asked.question, DEALS, Cut(Dimension.PERSON))
    if found:
        yield _deals("person-deals", "People: deals", _headings(headings[:1]), _only_names(members), found)


def _persons(connection: Connection, asked: ReportRequest) -> Iterator[TableMember]:
    """Everybody of the team that is asked about; of all teams also whoever's leads are nobody's."""
    for rep in connection.execute(REPS, {"team": asked.team_id}):
        key = str(rep.id)
        name = text_cell(rep.name, beside="" if rep.active else "has left")
        opens = people_of(asked, Dimension.PERSON, key)
        yield TableMember(key=key, cells=[name, text_cell(rep.team)], opens=opens)
    if not asked.team_id:
        nobody = people_of(asked, Dimension.PERSON, "0")
        yield TableMember(key="0", cells=[text_cell("Nobody"), text_cell("")], opens=nobody)


@dataclass(frozen=True)
class _Whose:
    """Who has a row in the tables of results, of cohorts and of following up."""

    name: str
    title: str
    headings: Sequence[str]
    """Of what stands first in a row; after the table of results the first alone."""
    most: int = 0
    """So many rows a page shows at first; 0: all."""

    def table(
        self, part: str, about: str, headings: Sequence[str], *, name: str = "", is_folded: bool = False
    ) -> DataTable:
        """One of them, still without its KPIs and rows."""
        return DataTable(
            name=f"{self.name}{name}",
            title=f"{self.title}: {part}",
            about=about,
            columns=_headings(headings),
            rows=[],
            most=self.most,
            is_folded=is_folded,
        )


def _kpi_tables(whose: _Whose, members: Sequence[TableMember], values: Sequence[KpiValue]) -> Iterator[DataTable]:
    alone, only_name = _only_names(members), whose.headings[:1]
    results = whose.table("results by period", FOR_OWNER, whose.headings)
    yield kpi_table(results, members, values, RESULTS, Reading.PERIOD)
    cohorts = whose.table("results by cohort", FOR_OWNER_AT_BEGIN, only_name, name="-cohort", is_folded=True)
    yield kpi_table(cohorts, alone, values, COHORTS, Reading.COHORT)
    activity = whose.table("following up", FOR_DOER, only_name, name="-activity")
    yield kpi_table(activity, alone, values, ACTIVITIES)


def _headings(names: Sequence[str]) -> list[TableColumn]:
    return [TableColumn(heading=name, is_number=False) for name in names]


def _most_brought_first(members: Sequence[TableMember], values: Sequence[KpiValue]) -> list[TableMember]:
    """Who has orders, then deals, then leads of these days; of equals as they were."""
    brought = {(value.member, value.kpi): value.value or 0 for value in values if value.kpi in BROUGHT}
    return sorted(members, key=lambda member: [-brought.get((member.key, kpi), 0) for kpi in BROUGHT])


def _only_names(members: Sequence[TableMember]) -> list[TableMember]:
    return [TableMember(key=member.key, cells=member.cells[:1], opens=member.opens) for member in members]


def _regions(teams: Sequence[_Team]) -> dict[str, list[str]]:
    """Region -> the teams in it, by number."""
    regions = defaultdict(list)
    for team in teams:
        if team.region:
            regions[team.region].append(str(team.id))
    return regions


def _deals(
    name: str, title: str, named: Sequence[TableColumn], members: Sequence[TableMember], found: Found
) -> DataTable:
    """Opened by the day on which they were opened, won and lost by the day on which they were."""
    currencies = sorted({cell.currency for cell, sums in found.items() if WORTH in sums})
    rows = [[*member.cells, *_deal_cells([member.key], found, currencies, member)] for member in members]
    return DataTable(
        name=name,
        title=title,
        about="Deals opened, won and lost in these days; each on its own day. Days: from opened to won, on average.",
        columns=[*named, *_deal_columns(currencies)],
        rows=rows,
        most=MOST_PEOPLE,
    )


def _deals_of_regions(regions: dict[str, list[str]], found: Found) -> DataTable:
    currencies = sorted({cell.currency for cell, sums in found.items() if WORTH in sums})
    rows = [
        [text_cell(region), *_deal_cells(teams, found, currencies, None)] for region, teams in sorted(regions.items())
    ]
    return DataTable(
        name="region-deals",
        title="Regions: deals",
        about="The teams of each region together.",
        columns=[TableColumn(heading="Region", is_number=False), *_deal_columns(currencies)],
        rows=rows,
    )


def _deal_columns(currencies: Sequence[str]) -> list[TableColumn]:
    worth = [
        TableColumn(heading=f"Value won{', ' + currency if currency else ''}", kind=ColumnKind.MONEY)
        for currency in currencies
    ]
    return [
        TableColumn(heading="Opened", defined=KpiName.OPPORTUNITIES),
        TableColumn(heading="Won"),
        TableColumn(heading="Lost"),
        TableColumn(heading="Win rate", kind=ColumnKind.SHARE, defined=KpiName.WIN_RATE, has_interval=True),
        *worth,
        TableColumn(heading="Days to win", kind=ColumnKind.NUMBER),
    ]


def _deal_cells(
    members: Sequence[str], found: Found, currencies: Sequence[str], member: TableMember | None
) -> list[TableCell]:
    def total(term: Term, currency: str | None = None) -> float:
        return sum(
            float(sums.get(term, 0))
            for cell, sums in found.items()
            if cell.member in members and currency in (None, cell.currency)
        )

    def opens(term: Term, currency: str = "") -> str:
        return member.opens(term, currency) if member else ""

    opened, won, lost = (int(total(term)) for term in (OPENED, WON, LOST))
    return [
        count_cell(opened, opens(OPENED)),
        count_cell(won, opens(WON)),
        count_cell(lost, opens(LOST)),
        share_cell(won, won + lost, opens=opens(WON)),
        *(money_cell(total(WORTH, currency), currency, opens=opens(WON, currency)) for currency in currencies),
        number_cell(total(TOOK) / won if won else None, about="Nothing was won in these days."),
    ]
