"""A business that asks for feedback: leads of Sarah's and John's, what they were asked, and what they say."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flows.operations.tasks.ask_feedback import ask_feedback_now
from flows.runtime.prefect_flow import discover
from flows.runtime.virtual_time import ScheduledJob, run_due
from models.database import engine
from models.feedback.record import RecordedFeedback, record_feedback
from models.feedback.said import SaidFeedback
from models.feedback.send import next_feedback_due
from models.playbook import Playbook, apply, current_playbook
from models.routing.assignment.owner_change import OwnerChange, change_owners
from tests.support.database import rows
from tests.support.playbook import the_shipped_playbook
from tests.support.story import Story

MONDAY_NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
"""12:00 in New York."""
SARAH, JOHN, PAT = "sarah@example.com", "john@example.com", "pat@partner.example.com"
MANAGER, PARTNERS_MANAGER = "boss@example.com", "dealer@partner.example.com"
OFFICE = {"mon-fri": "09:00-17:00"}
TEAMS = [
    {
        "name": "Own",
        "manager_email": MANAGER,
        "time_zone": "America/New_York",
        "hours": OFFICE,
        "reps": [{"name": "Sarah Miller", "email": SARAH}, {"name": "John Reed", "email": JOHN}],
    },
    {
        "name": "Dealers",
        "manager_email": PARTNERS_MANAGER,
        "partner": True,
        "time_zone": "America/New_York",
        "hours": OFFICE,
        "reps": [{"name": "Pat Park", "email": PAT}],
    },
]


class FeedbackStory(Story):
    """The journey feedback and those that it hands over to, with the clock's job that asks."""

    def __init__(self, **feedback: Any) -> None:
        """`feedback` replaces parts of the shipped section."""
        names = ("feedback", "reading_list", "lead_nurture", "offer_sequence", "check_in")
        journeys = discover()
        super().__init__(
            {name: journeys[name] for name in names},
            MONDAY_NOON,
            MONDAY_NOON,
            (ScheduledJob(lambda connection, _: next_feedback_due(connection), ask_feedback_now),),
        )
        apply_feedback(**feedback)

    def gets(self, who: str, *contacts: int) -> None:
        """These leads are given to somebody, and everything that follows at once happens."""
        rep = self.one("SELECT id FROM rep WHERE email = :email", email=who)
        changes = [OwnerChange(contact, rep, None, "reassigned", "a test") for contact in contacts]
        with engine().begin() as connection:
            change_owners(connection, changes, self.now)
        run_due(self.definitions, self.now, self.jobs)

    def lead_of(self, who: str, email: str = "ann@example.com", **columns: Any) -> int:
        """A lead that somebody has just got."""
        contact = self.contact(email, **columns)
        self.gets(who, contact)
        return contact

    def says(self, contact: int, *, who: str = SARAH, **said: Any) -> RecordedFeedback:
        """They answer, as their page does, and everything that follows at once happens."""
        rep = self.one("SELECT id FROM rep WHERE email = :email", email=who)
        with engine().begin() as connection:
            recorded = record_feedback(
                connection, current_playbook(connection), contact, rep, SaidFeedback(**said), self.now
            )
        run_due(self.definitions, self.now, self.jobs)
        return recorded

    def asked(self, to: str | None = None) -> list[tuple[int, str, int]]:
        """(day, to whom, about how many leads) of every request and reminder by mail."""
        return self._mails("team/feedback_request", to)

    def told(self) -> list[tuple[int, str, int]]:
        """The same of the mails to managers."""
        return self._mails("team/feedback_unanswered", None)

    def _mails(self, template: str, to: str | None) -> list[tuple[int, str, int]]:
        found = rows(
            "SELECT queued_at, to_address, (data ->> 'count')::int FROM message WHERE template = :template "
            "AND (CAST(:to AS text) IS NULL OR to_address = :to) ORDER BY id",
            template=template,
            to=to,
        )
        return [
            ((at.date() - self.begin.date()).days, address.partition("@")[0], count) for at, address, count in found
        ]

    def feedback_runs(self, contact: int) -> list[str]:
        """The ending of every run of feedback, or what it waits for."""
        return [
            state
            for (state,) in rows(
                "SELECT coalesce(ending, stuck_reason, 'waiting') FROM journey_run "
                "WHERE journey = 'feedback' AND contact_id = :contact ORDER BY id",
                contact=contact,
            )
        ]

    def orders(self, contact: int) -> list[tuple[Any, ...]]:
        """(amount, currency, whether it stands) of every order."""
        return [
            (float(amount), currency, cancelled is None)
            for amount, currency, cancelled in rows(
                'SELECT amount, currency, cancelled_at FROM "order" WHERE contact_id = :contact ORDER BY id',
                contact=contact,
            )
        ]


def apply_feedback(teams: Sequence[Any] = TEAMS, **feedback: Any) -> Playbook:
    """The shipped playbook with Sarah, John and a dealer, and parts of its section feedback replaced."""
    shipped = the_shipped_playbook().model_dump(mode="json")
    members = [rep["email"] for team in teams for rep in team["reps"] if not team.get("partner")]
    playbook = Playbook.model_validate(
        shipped
        | {
            "teams": list(teams),
            "routers": [{"name": "inbound", "kind": "round robin", "members": members}],
            "routing": {"rules": [{"router": "inbound"}]},
            "reports": {},
            "feedback": shipped["feedback"] | feedback,
        }
    )
    with engine().begin() as connection:
        apply(connection, playbook)
    return playbook
