"""How fast leads are followed up: claims by the playbook's service levels, alarms, overdue tasks, the daily check."""

from models.response.first_contact import CONTACTS, note_contacts
from models.response.requests import adopt, note_requests

__all__ = ["CONTACTS", "adopt", "note_contacts", "note_requests"]
