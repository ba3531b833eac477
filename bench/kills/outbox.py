"""What the bench of kills puts into the outbox, and what it finds there in the end."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from flows.runtime.definitions.definition import Definition
from flows.runtime.run_start import start_runs
from models.database import engine
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import apply, current_playbook
from models.playbook.mail import Mail
from models.tables.message import MessageKind

KINDS = tuple(MessageKind)
STAFF = "nora.field@brightwater.example.com"
STAFF_MAILS = 3

# Which process claimed for which sender, and what became unknown.
FOLLOW = """
CREATE TABLE bench_sender (sender bigint PRIMARY KEY, clock text NOT NULL);
CREATE TABLE bench_unknown (message bigint NOT NULL, sender bigint NOT NULL);
CREATE FUNCTION bench_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'sending' THEN
        INSERT INTO bench_sender VALUES (NEW.sending_by, current_setting('application_name')) ON CONFLICT DO NOTHING;
    ELSIF NEW.state = 'unknown' THEN
        INSERT INTO bench_unknown VALUES (NEW.id, coalesce(NEW.sending_by, OLD.sending_by));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER bench_follow AFTER UPDATE OF state ON message FOR EACH ROW
WHEN (NEW.state IN ('sending', 'unknown') AND NEW.state <> OLD.state) EXECUTE FUNCTION bench_follow();
"""

CONTACTS = text("""
INSERT INTO contact (email, first_name, phone, source)
SELECT 'lead' || :number || '-' || n || '@example.com', 'Ann', '+1207555' || lpad(n::text, 4, '0'), 'website'
FROM generate_series(1, :count) AS n RETURNING id
""")

LEFT = text("""
-- A run that waits for the report on a task waits for days.
SELECT (SELECT count(*) FROM journey_run
        WHERE ended_at IS NULL AND (resume_at IS NULL OR resume_at < now() + interval '1 minute'))
       + (SELECT count(*) FROM message WHERE state IN ('queued', 'sending'))
""")
NOT_HEARD_OF = text("""
SELECT (SELECT count(*) FROM message WHERE state = 'sent' AND delivered_at IS NULL)
       + (SELECT count(*) FROM mail_event WHERE processed_at IS NULL)
""")

MESSAGES = text("SELECT id, kind, state FROM message")
UNKNOWN = text("""
SELECT bench_unknown.message, bench_sender.clock, message.state = 'unknown' AS is_left
FROM bench_unknown JOIN message ON message.id = bench_unknown.message
LEFT JOIN bench_sender ON bench_sender.sender = bench_unknown.sender
""")


@dataclass(frozen=True)
class Outcome:
    """What became of all mails."""

    kinds: Counter[str]
    sent_once: int
    lost: int
    """Neither sent and taken, nor unknown."""
    twice: int
    unknown: Counter[str]
    """Clock -> mails that became unknown by its end."""
    left: Counter[str]
    """Clock -> those of them that are unknown still."""

    def unknown_of(self, clocks: Sequence[str]) -> Counter[str]:
        """Of these clocks."""
        return Counter({clock: self.unknown[clock] for clock in clocks if self.unknown[clock]})

    def left_of(self, clocks: Sequence[str]) -> Counter[str]:
        """Of these clocks."""
        return Counter({clock: self.left[clock] for clock in clocks if self.left[clock]})


def follow_senders() -> None:
    """Prepare the database: no hours or caps for mail, and a record of which process handed over what."""
    with engine().begin() as connection:
        connection.exec_driver_sql(FOLLOW)
        apply(connection, current_playbook(connection).model_copy(update={"mail": Mail()}))


def add_work(contacts: int, number: int, journeys: Iterable[Definition], now: datetime) -> None:
    """New contacts on all journeys, and some mails to staff."""
    with engine().begin() as connection:
        ids = list(connection.scalars(CONTACTS, {"number": number, "count": contacts}))
        for definition in journeys:
            start_runs(connection, definition, [(contact, "bench") for contact in ids], now)
        data = {"reason": "a test", "since": "now", "page": "/"}
        mails = [
            StaffMail(key=f"bench:{number}:{one}", to_address=STAFF, template="team/marketing_paused", data=data)
            for one in range(STAFF_MAILS)
        ]
        queue_staff_mail(connection, mails, now)


def is_all_done(*, waits_for_events: bool) -> bool:
    """Whether all runs have ended and all mail has gone out, and the provider has told what arrived."""
    with engine().connect() as connection:
        if connection.execute(LEFT).scalar_one():
            return False
        return not (waits_for_events and connection.execute(NOT_HEARD_OF).scalar_one())


def read_outcome(taken: Sequence[str]) -> Outcome:
    """Hold what a server took, by our ids, against the outbox."""
    times = Counter(map(int, taken))
    with engine().connect() as connection:
        messages = connection.execute(MESSAGES).all()
        unknown = connection.execute(UNKNOWN).all()
    sent_once = sum(one.state == "sent" and times[one.id] == 1 for one in messages)
    return Outcome(
        kinds=Counter(one.kind for one in messages),
        sent_once=sent_once,
        lost=sum(one.state != "unknown" and times[one.id] == 0 for one in messages),
        twice=sum(count > 1 for count in times.values()),
        unknown=Counter(one.clock for one in unknown),
        left=Counter(one.clock for one in unknown if one.is_left),
    )
