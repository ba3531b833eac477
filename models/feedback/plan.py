"""Plans the next request about each lead: whom to ask, on which day, and until how much is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, select, text, true
from sqlmodel import col

from models.conditions.parse import parse_condition
from models.database import any_id, id_list, to_json
from models.feedback.cycle import Said, SoFar, morning_or_moment, next_request
from models.feedback.known import NEWEST_FEEDBACK, TOLD_LEVEL
from models.feedback.outcomes import ANSWERED, ENOUGH, NOBODY
from models.feedback.owners import Owner, owners
from models.playbook import Playbook
from models.playbook.feedback import CycleRule, FeedbackCycle, FeedbackTerms
from models.tables.contact import Contact, Stage
from models.tables.feedback import FeedbackLevel, FeedbackResult

LEADS = text(f"""
-- A customer who gets an owner is no lead, unless a deal is open: their owner is asked nothing.
SELECT lead.*, {TOLD_LEVEL} AS told, said.level AS said_level, said.contacted, said.status, said.result, said.next_on,
       said.id IS NOT NULL AS has_said, asked.requests, newest.outcome AS last_outcome,
       newest.settled_at AS last_settled_at, said.said_at,
       lead.stage = '{Stage.CUSTOMER}' AND lead.customer_at < lead.since
         AND NOT EXISTS (SELECT FROM opportunity p WHERE p.contact_id = lead.contact_id AND p.stage = 'open')
         AS is_customer
FROM (
    SELECT r.id AS run_id, r.contact_id, r.started_at AS since, c.owner_id AS rep_id, c.stage, c.customer_at
    FROM journey_run r JOIN contact c ON c.id = r.contact_id WHERE r.id = ANY(CAST(:runs AS bigint[]))
) lead
LEFT JOIN LATERAL {NEWEST_FEEDBACK} said ON true
CROSS JOIN LATERAL (SELECT count(*) AS requests FROM feedback_request q WHERE q.run_id = lead.run_id) asked
LEFT JOIN LATERAL (SELECT q.outcome, q.settled_at FROM feedback_request q WHERE q.run_id = lead.run_id
                   ORDER BY q.id DESC LIMIT 1) newest ON true
""")

INSERT = text("""
WITH given AS (
    SELECT * FROM json_to_recordset(CAST(:rows AS json))
        AS n (run_id bigint, number int, contact_id bigint, rep_id bigint, since timestamptz, wanted_level int,
              due_at timestamptz)
)
INSERT INTO feedback_request (run_id, number, contact_id, rep_id, since, wanted_level, due_at, next_at)
SELECT run_id, number, contact_id, rep_id, since, wanted_level, due_at, due_at FROM given
RETURNING run_id, id
""")


@dataclass(frozen=True)
class Planned:
    """What is to be asked for a run: the number of its request, or why there is none."""

    request: int | None
    outcome: str | None = None


def plan_requests(
    connection: Connection, playbook: Playbook, runs: Sequence[tuple[int, int]], now: datetime
) -> dict[int, Planned]:
    """Plan the next request of each run, given as (run, number of its step); by the run. The caller commits."""
    terms = playbook.feedback
    if terms is None:
        return {run: Planned(None, ENOUGH) for run, _ in runs}
    rows = {row.run_id: row for row in connection.execute(LEADS, {"runs": id_list(run for run, _ in runs)})}
    people = owners(connection, playbook, (row.rep_id for row in rows.values() if row.rep_id is not None))
    cycles = _cycles(connection, playbook, terms, rows, people)
    outcomes: dict[int, Planned] = {}
    wanted = []
    for run, number in runs:
        row = rows[run]
        owner = people.get(row.rep_id)
        if owner is None or not owner.active:
            outcomes[run] = Planned(None, NOBODY)
        elif (due := _due(terms, cycles[run], row, owner, now)) is None:
            outcomes[run] = Planned(None, ENOUGH)
        else:
            wanted.append(_request(row, number, cycles[run], due))
    made = connection.execute(INSERT, {"rows": to_json(wanted)}).all() if wanted else []
    return outcomes | {row.run_id: Planned(row.id) for row in made}


def _request(row: Row[Any], number: int, cycle: FeedbackCycle, due: datetime) -> dict[str, Any]:
    return {
        "run_id": row.run_id,
        "number": number,
        "contact_id": row.contact_id,
        "rep_id": row.rep_id,
        "since": row.since,
        "wanted_level": cycle.until,
        "due_at": due,
    }


def _due(terms: FeedbackTerms, cycle: FeedbackCycle, row: Row[Any], owner: Owner, now: datetime) -> datetime | None:
    if row.is_customer:
        return None
    at = next_request(terms, cycle, _so_far(row), owner.zone, now)
    return morning_or_moment(owner.hours, at, now) if at is not None else None


def _so_far(row: Row[Any]) -> SoFar:
    said = None
    if row.has_said:
        result = FeedbackResult(row.result) if row.result else None
        said = Said(row.contacted, row.status, result, row.next_on)
    return SoFar(
        since=row.since,
        level=FeedbackLevel(max(row.told, row.said_level or 0)),
        requests=row.requests,
        said=said,
        is_answered=said is not None and row.last_outcome in (None, ANSWERED),
    )


def _cycles(
    connection: Connection,
    playbook: Playbook,
    terms: FeedbackTerms,
    rows: Mapping[int, Row[Any]],
    people: Mapping[int, Owner],
) -> dict[int, FeedbackCycle]:
    """The first rule that fits each lead and its owner, else the general cycle; by the run."""
    held = _conditions_that_hold(connection, playbook, terms, [row.contact_id for row in rows.values()])
    found: dict[int, FeedbackCycle] = {}
    for run, row in rows.items():
        owner = people.get(row.rep_id)
        fits = (
            rule
            for place, rule in enumerate(terms.cycles)
            if (rule.when is None or place in held.get(row.contact_id, ())) and _is_for(rule, owner)
        )
        found[run] = next(fits, terms)
    return found


def _is_for(rule: CycleRule, owner: Owner | None) -> bool:
    if owner is None:
        return False
    return (not rule.teams or owner.team in rule.teams) and rule.partners in (None, owner.partner)


def _conditions_that_hold(
    connection: Connection, playbook: Playbook, terms: FeedbackTerms, contacts: Sequence[int]
) -> dict[int, set[int]]:
    """Contact -> the places of the rules whose condition holds, in one statement."""
    conditions = {
        place: parse_condition(rule.when, playbook.fields)
        for place, rule in enumerate(terms.cycles)
        if rule.when is not None
    }
    if not conditions:
        return {}
    holds = [case((condition, true()), else_=False) for condition in conditions.values()]
    rows = connection.execute(
        select(col(Contact.id), *holds).where(col(Contact.id) == any_id("contacts")), {"contacts": id_list(contacts)}
    )
    return {
        contact: {place for place, is_held in zip(conditions, held, strict=True) if is_held} for contact, *held in rows
    }
