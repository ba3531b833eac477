"""Ask for feedback on leads: the owners who are due, then their managers about whoever does not answer."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from flows.run_artifacts import show_counts
from models.database import engine
from models.feedback.send import SentFeedback, send_feedback_requests


@flow(name="ask-feedback", flow_run_name="ask for feedback")
async def ask_feedback() -> State[None]:
    """Mail everybody who is due the leads about which they are asked, all of them in one mail.

    Reminders, the word to the manager, and what becomes of a lead about which nobody says anything follow as the
    playbook's section feedback says. The clock runs this when it is due; starting it twice, or beside the clock, sends
    nothing twice.
    """
    sent = await asyncio.to_thread(ask_feedback_now, datetime.now(UTC))
    await show_counts(sent.in_words(), key="feedback-requests", description=f"Feedback: {sent}")
    return Completed(message=str(sent))


def ask_feedback_now(now: datetime) -> SentFeedback:
    """Do what is due at this moment."""
    with engine().begin() as connection:
        return send_feedback_requests(connection, now)
