"""How every KPI table is cut: by team, and within it by person, source, product or journey. SQL."""

from collections.abc import Sequence

from sqlmodel import SQLModel

COLUMNS = ("rep_id", "team_id", "source", "product", "journey")
"""What the rows that are cut have beside their key."""

CUT_COLUMNS = ", ".join(f"f.{name}" for name in COLUMNS)
"""SQL of them, of facts or spells as `f`."""

MEMBERS = ("source", "product", "journey")


def cut(rows: str, key: Sequence[str], sums: str) -> str:
    """A SELECT of the rows that `rows` yields, summed up for each key and each way to cut it.

    It has the columns of the key, `dimension`, `team_id`, `member`, and `sums`. All teams are team 0. Of who has no
    team there are rows for the person alone: they are in team 0, and no team of their own.
    """
    named = ", ".join(key)
    return f"""
SELECT {named},
       CASE WHEN grouping(rep_id) = 0 THEN 'person' WHEN grouping(source) = 0 THEN 'source'
            WHEN grouping(product) = 0 THEN 'product' WHEN grouping(journey) = 0 THEN 'journey' ELSE 'all' END
           AS dimension,
       CASE WHEN grouping(team_id) = 0 THEN team_id ELSE 0 END AS team_id,
       CASE WHEN grouping(rep_id) = 0 THEN rep_id::text WHEN grouping(source) = 0 THEN source
            WHEN grouping(product) = 0 THEN product WHEN grouping(journey) = 0 THEN journey ELSE '' END AS member,
       {sums}
FROM ({rows}) AS counted
GROUP BY GROUPING SETS ({_sets(named)})
HAVING grouping(team_id) = 1 OR team_id <> 0 OR grouping(rep_id) = 0
"""


def _sets(key: str) -> str:
    teams = ("", ", team_id")
    sets = [f"({key}{team}{member})" for team in teams for member in ("", *(f", {name}" for name in MEMBERS))]
    return ", ".join([*sets, f"({key}, team_id, rep_id)"])


def same_cell(model: type[SQLModel], one: str, other: str, *, leave_out: Sequence[str] = ()) -> str:
    """SQL: that a row of one alias stands in the same cell as a row of another, by the key of the table."""
    table = model.__table__  # type: ignore[attr-defined]
    [now] = [index for index in table.indexes if index.name == f"{table.name}_now"]
    names = [column.name for column in now.columns if column.name not in leave_out]
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in names)
