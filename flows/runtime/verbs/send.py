"""The verb send: queue an email to the contact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from flows.runtime.contract.ask import Answered, Ask, Asked, StepResult, Turn
from flows.runtime.verbs.email_split import EmailSplit, EmailVariant, draw_email_variants
from models import MessageKind, OnCap
from models.database import psycopg_connection
from models.mail.queue import NewMessage
from models.mail.rules.consent import OPTED_OUT_TOPICS, suppression_reason, topic_of
from models.playbook import current_playbook
from models.playbook.mail import Mail
from models.splits import Variants

NO_DATA: Mapping[str, Any] = MappingProxyType({})

ADDRESSES = f"SELECT id, email IS NOT NULL, suppressed, {OPTED_OUT_TOPICS} FROM contact WHERE id = ANY(%s)"


class EmailEligibility(NamedTuple):
    """Whether a contact has an address and may be emailed."""

    has_email: bool
    suppressed: str | None
    opted_out: Sequence[str]


@dataclass(slots=True)
class SendStep(Ask):
    """Answers "queued", "suppressed" or "no address"."""

    template: str
    kind: MessageKind
    data: Mapping[str, Any]
    window: Mapping[str, str] | None = None
    on_cap: OnCap | None = None
    expires_after: timedelta | None = None
    split: EmailSplit | None = None

    verb: ClassVar[str] = "send"

    def possible_answers(self) -> tuple[str, ...]:
        """All three: whether a contact may be emailed is known only when the step is executed."""
        return ("queued", "suppressed", "no address")

    def possible_templates(self) -> tuple[str, ...]:
        """Every template that it may be sent with."""
        test = self.split.template_test if self.split is not None else None
        return (self.template,) if test is None else tuple(test.weights)

    def split_tests(self) -> tuple[Variants, ...]:
        """The split tests of this email."""
        return () if self.split is None else self.split.split_tests()

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """Read all addresses at once; the messages are written at the end of the turn."""
        rows = psycopg_connection(turn.connection).execute(ADDRESSES, ([one.contact_id for one in asked],))
        contacts = {contact_id: EmailEligibility(*receiver) for contact_id, *receiver in rows}
        # Which topic an email is about matters only if a contact has opted out of one, which few have.
        mail = current_playbook(turn.connection).mail if any(one.opted_out for one in contacts.values()) else Mail()
        blocked = [blocked_answer(turn.journey, one.step, contacts[one.contact_id], mail) for one in asked]
        # A contact who gets no email takes no part in its split tests.
        to_send = [one for one, answer in zip(asked, blocked, strict=True) if answer is None]
        variants = draw_email_variants(turn, to_send)
        return [answer or _queue(turn, one, variants) for one, answer in zip(asked, blocked, strict=True)]


def blocked_answer(journey: str, ask: SendStep, to: EmailEligibility, mail: Mail) -> Answered | None:
    """The answer when no email of this journey may be sent, else None. Pure.

    If several templates are tested, suppression for any one of their topics counts, as the variant is not drawn yet.
    """
    if not to.has_email:
        return Answered("no address")
    for name in ask.possible_templates():
        topic = topic_of(mail, f"{journey}/{name}")
        if reason := suppression_reason(ask.kind, to.suppressed, to.opted_out, topic):
            return Answered("suppressed", {"reason": reason})
    return None


def _queue(turn: Turn, one: Asked, variants: Mapping[int, EmailVariant]) -> Answered:
    ask: SendStep = one.step
    variant = variants.get(one.run_id) or EmailVariant(ask.template)
    turn.new_messages.append(
        NewMessage(
            one.key,
            one.contact_id,
            one.run_id,
            ask.kind,
            f"{turn.journey}/{variant.template}",
            dict(ask.data),
            expires_after=ask.expires_after.total_seconds() if ask.expires_after is not None else None,
            send_window=ask.window,
            on_cap=ask.on_cap,
            subject_template=variant.subject,
        )
    )
    return Answered("queued", variant.fact)
