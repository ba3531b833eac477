"""kpi_cohort: how many days it took from one milestone to another, for all who came to the first on one day."""

from sqlalchemy import Connection, text

from models.kpi.counting.cells import COLUMNS, CUT_COLUMNS, cut
from models.kpi.facts.changed import CHANGED_BEFORE, CHANGED_NOW, NOW
from models.kpi.measures import COHORTS
from models.kpi.versions import VersionCount, add_to_cells, store_versions
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

MEASURES = sorted({name for pair in COHORTS for name in pair})

CHANGED = text("""
-- Those of whom something is counted another way than before.
CREATE TEMP TABLE cohort_contact ON COMMIT DROP AS
SELECT DISTINCT contact_id FROM changed_fact WHERE is_now <> was AND measure = ANY(:measures)
""")


def count_cohort(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count the cohorts of the contacts whose facts changed; of a full count all.

    A goal that was reached today changes the cohort of the day on which its contact began. So what the changed contacts
    were counted for is taken out of its cells, and what they are counted for now is put in.
    """
    values = {"measures": MEASURES}
    if window.is_full:
        select = _cut(_pairs(1, NOW))
        return store_versions(connection, KpiCohort, select, values, scope="true", known_at=window.known_at)
    connection.execute(text("DROP TABLE IF EXISTS cohort_contact, cohort_change"))
    connection.execute(CHANGED, values)
    connection.execute(text("ANALYZE cohort_contact"))
    # The totals of cohorts add it up as well.
    connection.execute(text(f"CREATE TEMP TABLE cohort_change ON COMMIT DROP AS {_change()}"), values)
    connection.execute(text("ANALYZE cohort_change"))
    return add_to_cells(connection, KpiCohort, "SELECT * FROM cohort_change", {}, known_at=window.known_at)


def _change() -> str:
    """What is to be added to cells, or taken out of them."""
    now, before = (
        (f"{relation} JOIN cohort_contact USING (contact_id)", which)
        for relation, which in (CHANGED_NOW, CHANGED_BEFORE)
    )
    return _cut(f"{_pairs(1, now)} UNION ALL {_pairs(-1, before)}")


def _cut(pairs: str) -> str:
    return f"""
SELECT * FROM ({cut(pairs, KEY, "sum(number)::int AS count")}) AS cells
WHERE goal <> 'bought' OR dimension = 'product'"""


def _pairs(number: int, facts: tuple[str, str]) -> str:
    """Every pair of milestones that a contact has come to, of these facts (relation, condition), as SQL; each counts as
    `number`.
    """
    relation, which = facts
    return f"""
SELECT {number} AS number, pair.* FROM (
    WITH milestone AS MATERIALIZED (
        SELECT f.contact_id, f.measure, f.ref, f.at, f.day, {CUT_COLUMNS}
        FROM {relation} WHERE {which} AND f.measure = ANY(:measures)
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
