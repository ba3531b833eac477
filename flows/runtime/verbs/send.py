"""send: queue a mail to the contact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from flows.runtime.ask import Answered, Ask, Asked, Settled
from flows.runtime.rows import NewMessage, driver
from flows.runtime.verbs.mail_split import Form, MailSplit, draw_forms
from models import MessageKind, OnCap
from models.mail.consent import OPTED_OUT, objection, topic_of
from models.playbook import current
from models.playbook.mail import Mail
from models.splits import Variants

if TYPE_CHECKING:
    from flows.runtime.turn import Turn

NO_DATA: Mapping[str, Any] = MappingProxyType({})

ADDRESSES = f"SELECT id, email IS NOT NULL, suppressed, {OPTED_OUT} FROM contact WHERE id = ANY(%s)"


class Receiver(NamedTuple):
    """Whether a contact can and may be written to."""

    has_email: bool
    suppressed: str | None
    opted_out: Sequence[str]


@dataclass(slots=True)
class Send(Ask):
    """Answers "queued", "suppressed" or "no address"."""

    template: str
    kind: MessageKind
    data: Mapping[str, Any]
    window: Mapping[str, str] | None = None
    on_cap: OnCap | None = None
    good_for: timedelta | None = None
    split: MailSplit | None = None

    verb: ClassVar[str] = "send"

    def answers(self) -> tuple[str, ...]:
        """Whether the contact may be written to is not the journey's to decide."""
        return ("queued", "suppressed", "no address")

    def templates(self) -> tuple[str, ...]:
        """Every one that it may go out with."""
        tried = self.split.template_test if self.split is not None else None
        return (self.template,) if tried is None else tuple(tried.weights)

    def tests(self) -> tuple[Variants, ...]:
        """What is tried in this mail."""
        return () if self.split is None else self.split.tests()

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """One look at all addresses; the rows of the outbox are written at the end of the turn."""
        rows = driver(turn.connection).execute(ADDRESSES, ([one.run.contact_id for one in asked],))
        contacts = {contact_id: Receiver(*receiver) for contact_id, *receiver in rows}
        # Most want all topics, and then there is no need to know which one a mail is about.
        mail = current(turn.connection).mail if any(one.opted_out for one in contacts.values()) else Mail()
        held_back = [_held_back(turn, one.ask, contacts[one.run.contact_id], mail) for one in asked]
        # Who gets no mail is in no test of it.
        forms = draw_forms(turn, [one for one, held in zip(asked, held_back, strict=True) if held is None])
        return [held or _queue(turn, one, forms) for one, held in zip(asked, held_back, strict=True)]


def _held_back(turn: "Turn", ask: Send, to: Receiver, mail: Mail) -> Answered | None:
    """Why there is no mail. With several templates to try, because of any of them: who gets which is left to chance."""
    if not to.has_email:
        return Answered("no address")
    for name in ask.templates():
        topic = topic_of(mail, f"{turn.definition.name}/{name}")
        if because := objection(ask.kind, to.suppressed, to.opted_out, topic):
            return Answered("suppressed", {"because": because})
    return None


def _queue(turn: "Turn", one: Asked, forms: Mapping[int, Form]) -> Answered:
    ask: Send = one.ask
    run = one.run
    form = forms.get(run.id) or Form(ask.template)
    key = f"{run.id}:{run.number}"
    turn.messages.append(
        NewMessage(
            key,
            run.contact_id,
            run.id,
            ask.kind,
            f"{turn.definition.name}/{form.template}",
            dict(ask.data),
            good_for=ask.good_for.total_seconds() if ask.good_for is not None else None,
            send_window=ask.window,
            on_cap=ask.on_cap,
            subject_template=form.subject,
        )
    )
    return Answered("queued", form.fact)
