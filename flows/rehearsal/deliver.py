"""Delivery in a rehearsal: the rules for mail decide as ever, and what may go counts as sent. Nothing is rendered, and
nothing leaves the machine.
"""

from dataclasses import dataclass, field
from datetime import datetime

from blocks.outbox import MessageUpdate, open_sender
from models import MessageState
from models.database import engine
from models.mail.rules import MailRules
from models.playbook import Playbook

BATCH = 1_000


@dataclass
class CapHits:
    """Mails that met a cap, by their ids."""

    waited: set[int] = field(default_factory=set)
    skipped: set[int] = field(default_factory=set)


def deliver_unrendered(playbook: Playbook, now: datetime, caps: CapHits) -> None:
    """Let everything that is due go out at this moment, as far as the rules for mail allow."""
    with open_sender(engine()) as sender:
        while sender.has_due(now):
            batch = sender.claim(MailRules.from_playbook(playbook), now, size=BATCH, max_sends=BATCH)
            if not batch.decisions:
                return
            for message, decision in batch.decisions.items():
                if decision.by_cap:
                    hits = caps.skipped if decision.state is MessageState.SKIPPED else caps.waited
                    hits.add(message)
            sent = [MessageUpdate(message_id=one, state=MessageState.SENT, at=now) for one in batch.claimed]
            if sent:
                sender.record_apart(sent)
