"""kpi_cohort: how many days it took from one milestone to another, for all who came to the first on one day."""

from sqlalchemy import Connection, text

from models.kpi.counting.cells import COLUMNS, CUT_COLUMNS, cut, same_cell
from models.kpi.measures import COHORTS
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import KpiCohort

KEY = ("day", "begin", "goal", "days")

OF_DEALS = tuple(pair for pair in COHORTS if pair[0] == "opportunity" and pair[1] in {"won", "lost"})
"""Each deal by itself: it was opened, and it was closed."""

OF_OWNERS_OF_DEALS = tuple(pair for pair in COHORTS if pair[0] == "opportunity" and pair not in OF_DEALS)
"""Each deal by itself as well, and what its contact came to: 9 of 10 deals led to a talk, also of one customer."""

OF_PRODUCTS = tuple(pair for pair in COHORTS if pair[1] == "bought")
"""Each product by itself: `member` of them is the one that was bought, and they are cut by nothing else."""

OF_CONTACTS = tuple(pair for pair in COHORTS if pair not in {*OF_DEALS, *OF_OWNERS_OF_DEALS, *OF_PRODUCTS})

CHANGED = text("""
-- Those of whom something is counted another way than before. What was closed may have nothing in its place.
CREATE TEMP TABLE cohort_contact ON COMMIT DROP AS
SELECT contact_id FROM kpi_fact WHERE known_until = :known_at AND measure = ANY(:measures)
UNION
SELECT f.contact_id FROM kpi_fact f JOIN changed_contact c ON c.contact_id = f.contact_id
WHERE f.known_until IS NULL AND f.known_from = :known_at AND f.measure = ANY(:measures)
""")

NOW = "f.known_until IS NULL"
BEFORE = "f.known_from < :known_at AND (f.known_until IS NULL OR f.known_until = :known_at)"


def count_cohort(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count the cohorts of the contacts whose facts changed; of a full count all.

    A goal that was reached today changes the cohort of the day on which its contact began. So what the changed contacts
    were counted for is taken out of its cells, and what they are counted for now is put in.
    """
    values = {"known_at": window.known_at, "measures": sorted({name for pair in COHORTS for name in pair})}
    if window.is_full:
        select, scope = _cut(_pairs("1", NOW)), "true"
    else:
        connection.execute(text("DROP TABLE IF EXISTS cohort_contact, cohort_change"))
        connection.execute(CHANGED, values)
        connection.execute(text(f"CREATE TEMP TABLE cohort_change ON COMMIT DROP AS {_change()}"), values)
        connection.execute(text("ANALYZE cohort_change"))
        select, scope = _changed_cells()
    return store_versions(connection, KpiCohort, select, values, scope=scope, known_at=window.known_at)


def _change() -> str:
    """What is to be added to cells, or taken out of them."""
    of_changed = "AND f.contact_id IN (SELECT contact_id FROM cohort_contact)"
    pairs = f"{_pairs('1', f'{NOW} {of_changed}')} UNION ALL {_pairs('-1', f'{BEFORE} {of_changed}')}"
    return f"SELECT * FROM ({_cut(pairs)}) AS cells WHERE count <> 0"


def _changed_cells() -> tuple[str, str]:
    """(SELECT of the changed cells as they are now, scope of them)."""
    select = f"""
SELECT * FROM (
    SELECT c.day, c.begin, c.goal, c.days, c.dimension, c.team_id, c.member, c.count + coalesce(o.count, 0) AS count
    FROM cohort_change c LEFT JOIN kpi_cohort o ON o.known_until IS NULL AND {same_cell(KpiCohort, "o", "c")}
) AS cells WHERE count <> 0"""
    return select, f"EXISTS (SELECT FROM cohort_change c WHERE {same_cell(KpiCohort, 'c', 'old')})"


def _cut(pairs: str) -> str:
    return f"""
SELECT * FROM ({cut(pairs, KEY, "sum(number)::int AS count")}) AS cells
WHERE goal <> 'bought' OR dimension = 'product'"""


def _pairs(number: str, facts: str) -> str:
    """Every pair of milestones that a contact has come to, of the facts that are named; each counts as `number`."""
    return f"""
SELECT {number} AS number, pair.* FROM (
    WITH milestone AS MATERIALIZED (
        SELECT f.contact_id, f.measure, f.ref, f.at, f.day, {CUT_COLUMNS}
        FROM kpi_fact f WHERE f.measure = ANY(:measures) AND {facts}
    ), first AS MATERIALIZED (
        SELECT DISTINCT ON (contact_id, measure) * FROM milestone ORDER BY contact_id, measure, at, ref
    )
    SELECT b.day, {_PAIR}
    FROM ({_values(OF_CONTACTS)}) AS c (begin, goal)
    JOIN first b ON b.measure = c.begin JOIN first g ON g.contact_id = b.contact_id AND g.measure = c.goal
    UNION ALL
    SELECT b.day, {_PAIR}
    FROM ({_values(OF_DEALS)}) AS c (begin, goal)
    JOIN milestone b ON b.measure = c.begin
    JOIN milestone g ON g.contact_id = b.contact_id AND g.measure = c.goal AND g.ref = b.ref
    UNION ALL
    SELECT b.day, {_PAIR}
    FROM ({_values(OF_OWNERS_OF_DEALS)}) AS c (begin, goal)
    JOIN milestone b ON b.measure = c.begin JOIN first g ON g.contact_id = b.contact_id AND g.measure = c.goal
    UNION ALL
    SELECT b.day, {_PAIR.replace("b.product", "g.product")}
    FROM ({_values(OF_PRODUCTS)}) AS c (begin, goal)
    JOIN first b ON b.measure = c.begin JOIN milestone g ON g.contact_id = b.contact_id AND g.measure = c.goal
) AS pair"""


def _values(pairs: tuple[tuple[str, str], ...]) -> str:
    return "VALUES " + ", ".join(f"('{begin}', '{goal}')" for begin, goal in pairs)


_PAIR = f"""c.begin, c.goal, g.day - b.day AS days, {", ".join(f"b.{name}" for name in COLUMNS)}"""
