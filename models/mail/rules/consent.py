"""Whether somebody may be sent a mail: one rule, asked when a mail is queued and again when it is sent. Pure."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from models.tables.contact import Suppression
from models.tables.message import TO_CONTACTS, MessageKind

if TYPE_CHECKING:
    from models.playbook.mail import Mail

SUPPRESSION_PRECEDENCE = (
    Suppression.UNCONFIRMED,
    Suppression.REMOVED,
    Suppression.UNSUBSCRIBED,
    Suppression.MANUAL,
    Suppression.BOUNCED,
    Suppression.COMPLAINED,
)
"""Suppression reasons in rising precedence: unconfirmed, removed by us, unsubscribed, set by ops, bounced,
complained.

A reason is replaced only by one of higher precedence.
"""

BLOCKS_ALL_MAIL = (Suppression.MANUAL, Suppression.BOUNCED, Suppression.COMPLAINED)
"""Reasons that hold back answers as well. Who left the list still gets an answer to what they do themselves. A dead
address gets nothing, neither does whoever called us spam; `manual` is how one of us says: no mail from here, whatever
they click, such as to a competitor or in a dispute. For mere marketing there is `unsubscribed`."""

OPTED_OUT_TOPICS = "ARRAY(SELECT topic FROM topic_opt_out WHERE topic_opt_out.contact_id = contact.id)"
"""SQL beside the table contact: the topics that they want no mail about."""


def suppression_reason(
    kind: MessageKind, suppressed: Suppression | str | None, opted_out: Collection[str], topic: str | None
) -> str | None:
    """The reason for which an email of this kind and topic must not be sent, such as `unsubscribed`; None when it
    may.
    """
    if kind not in TO_CONTACTS:
        return None
    if suppressed in BLOCKS_ALL_MAIL:
        return str(suppressed)
    if kind is not MessageKind.MARKETING:
        return None
    if suppressed is not None:
        return str(suppressed)
    return f"wants no mail about {topic}" if topic in opted_out else None


def topic_of(mail: "Mail", template: str) -> str | None:
    """The topic of the playbook that a mail, `journey/template`, belongs to. Its own name goes before its journey's."""
    for name in (template, template.partition("/")[0]):
        for key, topic in mail.topics.items():
            if name in topic.mails:
                return key
    return None


def overridden_by(reason: Suppression) -> list[str]:
    """The reasons that this one takes the place of."""
    return [str(one) for one in SUPPRESSION_PRECEDENCE[: SUPPRESSION_PRECEDENCE.index(reason)]]
