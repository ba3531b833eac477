"""Answers to forms that contacts have had lately, read while messages are claimed."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import ANSWER_CLAIM_LOCK
from models.mail.rules import ANSWER_PERIOD, DueMessage, PreviousAnswer

# One claim at a time, as for marketing: of two answers to the same form only one may go.
LOCK_ANSWERS = text(f"SELECT pg_advisory_xact_lock({ANSWER_CLAIM_LOCK})")

FORM_OF_RUN = """
    LEFT JOIN event form ON form.name = 'form_submitted'
         AND form.id = CASE WHEN run.key LIKE 'event:%' THEN CAST(substr(run.key, 7) AS bigint) END"""
"""SQL beside a journey_run `run`: the form that started it."""

PREVIOUS_ANSWERS = text(f"""
    SELECT message.contact_id, message.run_id, message.template, form.topic AS form, message.handed_at AS at
    FROM message JOIN journey_run run ON run.id = message.run_id {FORM_OF_RUN}
    WHERE message.kind = 'transactional' AND message.handed_at > :since AND message.contact_id = ANY(:contacts)
      AND message.state IN ('sending', 'sent', 'unknown') AND form.topic IS NOT NULL
""")

CONFIRMED = text("""
    SELECT DISTINCT contact_id FROM event
    WHERE contact_id = ANY(:contacts)
      AND name IN ('link_clicked', 'replied', 'order_placed', 'call_connected', 'consent_confirmed')
      AND data ->> 'is_machine' IS DISTINCT FROM 'true'
""")


UNCONFIRMED_SINCE = """(
    -- With double opt-in only the mail that asks for the confirmation goes out, until a person has talked to them.
    SELECT max(consent.received_at) FROM consent
    WHERE contact.suppressed = 'unconfirmed' AND consent.contact_id = contact.id AND consent.event_id = form.id
      AND consent.needs_confirmation AND consent.confirmed_at IS NULL AND consent.message_key IS NOT NULL
      AND NOT EXISTS (SELECT FROM task WHERE task.run_id = run.id AND task.done_at IS NOT NULL))"""
"""SQL beside FORM_OF_RUN and the table contact: since when the confirmation is waited for; null if it is not."""

RELEASE = text("""
    UPDATE message SET due_at = :now, first_due_at = :now
    WHERE contact_id = :contact AND state = 'queued' AND kind = 'transactional' AND due_at > :now
""")


def release_answers(connection: Connection, contact: int, now: datetime) -> None:
    """Let the answers go that waited for the contact to confirm the address. The caller commits."""
    connection.execute(RELEASE, {"contact": contact, "now": now})


def previous_answers(
    connection: Connection, messages: Sequence[DueMessage], now: datetime
) -> defaultdict[int | None, list[PreviousAnswer]]:
    """The answers that the contacts of these messages were sent within ANSWER_PERIOD, by contact."""
    answers: defaultdict[int | None, list[PreviousAnswer]] = defaultdict(list)
    contacts = {one.contact_id for one in messages if one.contact_id and one.form}
    if contacts:
        about = {"contacts": list(contacts), "since": now - ANSWER_PERIOD}
        for one in connection.execute(PREVIOUS_ANSWERS, about):
            sent = PreviousAnswer(run_id=one.run_id, template=one.template, form=one.form, at=one.at)
            answers[one.contact_id].append(sent)
    return answers


def confirmed_contacts(
    connection: Connection,
    messages: Sequence[DueMessage],
    answers: Mapping[int | None, Sequence[PreviousAnswer]],
    answers_a_day: int,
) -> set[int]:
    """Those who have shown that their address is theirs, by a click, a reply, a talk or an order.

    It is looked up only for contacts who could have more answers than are sent to others.
    """
    waiting = Counter(one.contact_id for one in messages if one.form)
    many = [contact for contact, n in waiting.items() if contact and n + len(answers.get(contact, ())) > answers_a_day]
    return set(connection.execute(CONFIRMED, {"contacts": many}).scalars()) if many else set()
