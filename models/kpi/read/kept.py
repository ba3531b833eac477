"""How many of those who stood when a period began still stand at its end."""

from sqlalchemy import Connection, text

from models.kpi.definitions.kpi import Kept
from models.kpi.read.question import Question
from models.kpi.read.sums import Cut
from models.kpi.versions import as_known


def read_kept(connection: Connection, question: Question, how: Kept, cut: Cut) -> dict[str, tuple[int, int]]:
    """By member: (how many stood when the period began, how many of them were lost in it).

    Whoever was lost counts where they stood when they were won.
    """
    known = as_known(question.known_at)
    rows = connection.execute(
        text(f"""
        WITH won AS (
            SELECT {cut.member} AS member, sum(count) AS number FROM kpi_daily
            WHERE {cut.rows(question)} AND measure = :won AND day < :first AND {known}
            GROUP BY 1
        ), lost AS (
            SELECT {cut.member} AS member,
                   coalesce(sum(count) FILTER (WHERE day + days < :first), 0) AS before,
                   coalesce(sum(count) FILTER (WHERE day + days BETWEEN :first AND :last), 0) AS number
            FROM kpi_cohort
            WHERE {cut.rows(question)} AND begin = :won AND goal = :lost AND day < :first AND {known}
            GROUP BY 1
        )
        SELECT member, won.number - coalesce(lost.before, 0), coalesce(lost.number, 0)
        FROM won LEFT JOIN lost USING (member)"""),
        cut.values(question) | {"won": how.won, "lost": how.lost},
    )
    return {member: (int(at_beginning), int(lost)) for member, at_beginning, lost in rows}
