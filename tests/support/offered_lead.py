"""A lead of whom everything is known, on offer; and how to tell whether a text gives them away."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from models.database import engine
from models.events.emit import NewEvent, emit
from tests.support.database import write
from tests.support.offers import a_business, begin_offers
from tests.support.web_pages import a_contact

NOW = datetime.now(UTC)


SECRETS = {
    "email": "wilhelmina@quillfeather.example",
    "first_name": "Wilhelmina",
    "last_name": "Ostrowski",
    "company": "Quillfeather & Daughters",
    "phone": "+12075550177",
    "mobile_phone": "+12075550178",
    "job_title": "Owner of Quillfeather",
    "street": "77 Larkspur Lane",
    "postal_code": "04099",
}


GIVEAWAY = re.compile(
    r"wilhelmina|ostrowski|quillfeather|daughters|0177|0178|555.?01|larkspur|04099|ring me|my secret", re.IGNORECASE
)


def a_known_lead(**columns: Any) -> int:
    """All is known of them, and they have written their name into every field."""
    known = {
        "city": "Portland",
        "state": "ME",
        "country": "US",
        "industry": "Joinery",
        "employees": 14,
        "product": "growth-programme",
        "score": 42,
        "mql_level": 2,
        "custom": {
            "challenge": "Customer loyalty",
            "request": "Ring me at 207 555 0177, Wilhelmina",
            "goal": "my secret plan",
            "sms_number": "+12075550177",
        },
    }
    lead = a_contact(**SECRETS | known | columns)
    with engine().begin() as connection:
        data = {"form": "request-demo", "message": "Ring me, Wilhelmina", "email": SECRETS["email"]}
        asked = NewEvent(name="form_submitted", topic="request-demo", contact_id=lead, source="test", data=data)
        emit(connection, [asked], NOW)
    return lead


def on_offer(**columns: Any) -> int:
    """Around the clock, so that tests hold at any hour."""
    a_business()
    write("UPDATE rep SET hours = NULL")
    lead = a_known_lead(**columns)
    begin_offers(NOW, lead, lasts=timedelta(hours=1))
    return lead
