"""Fills kpi_finding: asks every rule of what is off its target, and keeps what chance does not explain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.kpi.diagnosis.judgement import (
    EXPOSED,
    OTHERS,
    Claim,
    GroupCounts,
    compare_exposed,
    compare_groups,
    of_team,
)
from models.kpi.diagnosis.off_target import OffTarget, read_off_target
from models.kpi.diagnosis.populations import Cycle, make_populations, read_cycle, spans
from models.kpi.diagnosis.rules import RULES, Population, Rule
from models.kpi.diagnosis.sentences import Label, figures, sentence
from models.kpi.diagnosis.stratified import rejected_by_holm
from models.kpi.diagnosis.worth import Loss, Worth, loss_of, read_worth
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.splits.statistics.interval import Counts
from models.tables.kpi import KpiFinding, KpiName

FINDINGS = """
SELECT f.* FROM jsonb_to_recordset(CAST(:findings AS jsonb)) AS f (
    made_on date, kpi text, cause text, team_id bigint, rank int, figures jsonb, sentence text, advice text, link text,
    orders_a_month float, revenue_a_month numeric, currency text)
"""

FIRST_LEAD = text("SELECT min(day) FROM kpi_fact WHERE measure = 'lead' AND known_until IS NULL")

NAMES = text("""
SELECT 'rep' AS kind, id::text AS key, name FROM rep UNION ALL SELECT 'product', code, name FROM product
""")


@dataclass(frozen=True)
class SupportedCause:
    """A rule that the figures of a team support."""

    rule: Rule
    kpi: KpiName
    team_id: int
    claims: tuple[Claim, ...]
    """Those that hold, the worst first."""
    loss: Loss

    @property
    def rank_key(self) -> tuple[int, float, str]:
        """What is worth most comes first; what it is worth in orders is not known of some, which come last."""
        orders = self.loss.orders
        return (0, -orders.mean, self.rule.cause) if orders else (1, -self.loss.successes.mean, self.rule.cause)


def count_findings(connection: Connection, window: CountingWindow) -> VersionCount:
    """Look for causes among what was known by the window's last day, and keep them as the findings of that day.

    All rules of all teams together name a cause where there is none in at most one run of twenty. The caller commits.
    """
    if window.is_full:
        # Facts may all be new in this transaction, and nothing else counts them for the planner until it is committed.
        connection.execute(text("ANALYZE kpi_fact"))
    cycle = read_cycle(connection, window.last)
    off_target = read_off_target(connection, window.last, cycle)
    causes: list[SupportedCause] = []
    worth = Worth({}, None, window.currency)
    if off_target.by_team:
        rules = _asked_rules(off_target)
        # What a talk or an answer in time is worth is told by theirs.
        needed = {rule.population for rule in rules} | {Population.TALK, Population.REQUEST}
        make_populations(connection, window, cycle, sorted(needed), rules)
        worth = read_worth(connection, window.last, window.currency)
        causes = find_causes(connection, off_target, window.last, cycle, worth)
    names = {(row.kind, row.key): row.name for row in connection.execute(NAMES)}
    return store_versions(
        connection,
        KpiFinding,
        FINDINGS,
        {"made_on": window.last, "findings": to_json(_rows(causes, window.last, cycle, worth, names))},
        scope="old.made_on = :made_on",
        known_at=window.known_at,
    )


def _asked_rules(off_target: OffTarget) -> list[Rule]:
    return [rule for rule in RULES if any(off_target.first_of(team_id, rule.kpis) for team_id in off_target.by_team)]


def find_causes(
    connection: Connection, off_target: OffTarget, last: date, cycle: Cycle, worth: Worth
) -> list[SupportedCause]:
    """The causes that the populations of this transaction support, of each team the one worth most first."""
    asked = _ask(connection, off_target)
    factors = rejected_by_holm({name: min(claim.p for claim in claims) for name, claims in asked.items()})
    begun = connection.execute(FIRST_LEAD).scalar() or last
    found = []
    for (team_id, cause), factor in factors.items():
        rule = next(rule for rule in RULES if rule.cause == cause)
        holding = [claim for claim in asked[team_id, cause] if claim.holds(factor)]
        kpi = off_target.first_of(team_id, rule.kpis)
        if holding and kpi:
            months = spans(rule.population, cycle, last).months(begun)
            holding.sort(key=lambda claim: (-claim.missed, claim.group))
            found.append(
                SupportedCause(rule, kpi, team_id, tuple(holding), loss_of(holding, rule.success, months, worth))
            )
    return sorted(found, key=lambda cause: (cause.team_id, cause.rank_key))


def _ask(connection: Connection, off_target: OffTarget) -> dict[tuple[int, str], list[Claim]]:
    """(team, cause) -> what its figures claim; without those that have too few to say anything."""
    claims = {}
    for rule in RULES:
        teams = [team_id for team_id in off_target.by_team if off_target.first_of(team_id, rule.kpis)]
        cells = read_cells(connection, rule) if teams else []
        for team_id in teams:
            compare = compare_groups if rule.group else compare_exposed
            claims[team_id, rule.cause] = compare(of_team(cells, team_id))
    return {name: of_rule for name, of_rule in claims.items() if of_rule}


def read_cells(connection: Connection, rule: Rule) -> list[GroupCounts]:
    """How many of each team, stratum and group there are in the rule's population, and how many succeeded."""
    group = rule.group or f"CASE WHEN {rule.exposed} THEN '{EXPOSED}' WHEN NOT ({rule.exposed}) THEN '{OTHERS}' END"
    span = "true" if rule.both_spans else "is_now"
    select = f"""
    SELECT team_id, coalesce({rule.alike}, ''), {group} AS compared, count(*), count(*) FILTER (WHERE {rule.success})
    FROM {rule.population} WHERE {span} AND ({rule.among}) GROUP BY 1, 2, 3 HAVING {group} IS NOT NULL
    """
    return [
        GroupCounts(team_id, alike, compared, Counts(contacts, successes))
        for team_id, alike, compared, contacts, successes in connection.execute(text(select))
    ]


def _rows(
    causes: Sequence[SupportedCause], last: date, cycle: Cycle, worth: Worth, names: dict[tuple[str, str], str]
) -> list[dict[str, Any]]:
    ranks: dict[int, int] = {}
    rows = []
    for cause in causes:
        rule, claims, loss = cause.rule, cause.claims, cause.loss
        label = _label(rule, names)
        ranks[cause.team_id] = ranks.get(cause.team_id, 0) + 1
        rows.append(
            {
                "made_on": last,
                "kpi": cause.kpi,
                "cause": rule.cause,
                "team_id": cause.team_id,
                "rank": ranks[cause.team_id],
                "figures": figures(rule, claims, loss, cycle, label),
                "sentence": sentence(rule, claims, loss, cycle, worth, label),
                "advice": rule.advice,
                "link": rule.link,
                "orders_a_month": round(loss.orders.mean, 2) if loss.orders else None,
                "revenue_a_month": loss.revenue,
                "currency": worth.currency if loss.revenue else "",
            }
        )
    return rows


def _label(rule: Rule, names: dict[tuple[str, str], str]) -> Label:
    return lambda group: names.get((rule.names, group), group.replace("_", " ")) or "no source"
