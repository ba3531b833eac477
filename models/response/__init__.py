"""Lead response: follow-ups by the SLA, SLA alerts, overdue tasks, the daily check."""

from models.response.first_contact import CONTACT_EVENTS, record_contacts
from models.response.follow_ups import move_open_follow_ups, open_follow_ups

__all__ = ["CONTACT_EVENTS", "move_open_follow_ups", "open_follow_ups", "record_contacts"]
