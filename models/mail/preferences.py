"""Topic preferences of a contact, as chosen on the preference page; each change is an event."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, text

from models.events.emit import NewEvent, emit
from models.mail.suppression import resubscribe, suppress
from models.playbook.mail import Mail
from models.tables.contact import Suppression

OPT_OUTS = text("SELECT topic FROM topic_opt_out WHERE contact_id = :contact")

OPT_OUT = text("""
INSERT INTO topic_opt_out (contact_id, topic, at)
SELECT :contact, topic, :now FROM unnest(CAST(:topics AS text[])) AS topic
ON CONFLICT DO NOTHING RETURNING topic
""")

OPT_IN = text("DELETE FROM topic_opt_out WHERE contact_id = :contact AND topic = ANY(:topics) RETURNING topic")


def subscribed_topics(connection: Connection, contact: int, mail: Mail) -> list[str]:
    """The topics that the contact has not opted out of, in the order of the playbook."""
    left = connection.execute(OPT_OUTS, {"contact": contact}).scalars().all()
    return [topic for topic in mail.topics if topic not in left]


def set_topics(connection: Connection, contact: int, wanted: Collection[str], mail: Mail, now: datetime) -> None:
    """Subscribe a contact to these topics and no others; none at all is to unsubscribe. The caller commits.

    Opt-outs of topics that the playbook no longer has stay as they were.
    """
    if not set(wanted) & set(mail.topics):
        suppress(connection, [contact], Suppression.UNSUBSCRIBED, now, "preferences")
        return
    resubscribe(connection, [contact], now, "preferences")
    about = {"contact": contact, "now": now}
    left = connection.execute(OPT_OUT, about | {"topics": [topic for topic in mail.topics if topic not in wanted]})
    joined = connection.execute(OPT_IN, about | {"topics": [topic for topic in mail.topics if topic in wanted]})
    events = [
        NewEvent(name=name, topic=topic, contact_id=contact, source="preferences")
        for name, topics in (("topic_left", left), ("topic_joined", joined))
        for topic in topics.scalars()
    ]
    emit(connection, events, now)
