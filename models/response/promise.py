"""The response that is promised to a lead, beside the task by which it is given: the earlier one is when it is due."""

from models.response.first_contact import CONVERSATION_OUTCOMES

PROMISE_BEFORE = "7 days"
"""How long before a task a request for a person may have come that the task still answers."""

IS_OPEN = "task.done_at IS NULL AND task.closed_at IS NULL"

IS_CALL = f"""(task.rep_id IS NOT NULL AND EXISTS (
    SELECT FROM jsonb_array_elements_text(task.outcomes) AS one (outcome)
    WHERE {" OR ".join(f"starts_with(one.outcome, '{beginning}')" for beginning in CONVERSATION_OUTCOMES)}))"""
"""SQL over task: a call of its salesperson answers it."""

ANSWERS = f"""(f.contact_id = task.contact_id AND (f.rep_id = task.rep_id OR task.delegated_at IS NOT NULL)
      AND f.received_at > task.created_at - interval '{PROMISE_BEFORE}' AND {IS_CALL}
      -- The lead has named another day.
      AND NOT EXISTS (SELECT FROM event e WHERE e.contact_id = task.contact_id AND e.name = 'task_snoozed'
                      AND e.topic = CAST(task.id AS text)))"""
"""SQL over task and follow_up `f`: the task is how the response is given that the service level promises. What was
missed long before the task says nothing of it."""

IS_MISSING = "(f.connected_at IS NULL AND f.first_contact_at IS NULL)"
"""SQL over follow_up `f`: nobody has given the response."""

PROMISED = f"""
LEFT JOIN LATERAL (
    SELECT min(f.due_at) AS due_at FROM follow_up f WHERE {ANSWERS} AND {IS_MISSING}
) promised ON true"""
"""SQL over task: `promised.due_at`, by when a first response is promised to the lead; null where none is."""

DUE = "least(task.due_at, CASE WHEN promised.due_at IS NOT NULL THEN greatest(promised.due_at, task.created_at) END)"
"""SQL over task and PROMISED: when it is due, which is no later than the response that is promised."""

PROMISED_AT = "CASE WHEN promised.due_at < task.due_at THEN promised.due_at END"
"""SQL over task and PROMISED: by when the response is promised, where that is before its own due time."""

LOOKED_THROUGH = 20_000
"""Tasks that are due later of which the promise is looked up where those of everybody are counted."""


def promises(chosen: str, at_most: int = LOOKED_THROUGH) -> str:
    """SQL for a table of a WITH: tasks that are not due yet, but are to be done before, by a promised response.

    Gives id, contact_id and rep_id of the task, and `due_at`, when it is promised. What is overdue by itself needs no
    promise to be. `chosen` is SQL over task; binds `now`. Of more than `at_most` tasks those that are due first are
    looked at.
    """
    return f"""(
    SELECT task.id, task.contact_id, task.rep_id, greatest(min(f.due_at), task.created_at) AS due_at
    FROM (SELECT task.id FROM task WHERE {IS_OPEN} AND {chosen} AND task.due_at >= :now
          ORDER BY task.due_at, task.id LIMIT {at_most}) AS later
    JOIN task USING (id) JOIN follow_up f ON {ANSWERS} AND {IS_MISSING}
    GROUP BY task.id HAVING greatest(min(f.due_at), task.created_at) < task.due_at)"""


def late_tasks(at_most: int) -> str:
    """SQL that goes on after FROM: the open tasks of everybody that are overdue; binds `now`.

    They are found quickly where few are asked for: of those that are due later only some are looked through.
    """
    return f"""(SELECT task.id FROM task WHERE {IS_OPEN} AND task.due_at < :now
    UNION ALL SELECT id FROM {promises("true", at_most)} AS promise WHERE due_at < :now) AS late"""
