"""A letter to hand to a mailer."""

from datetime import UTC, datetime
from typing import Any

from models import MessageKind
from models.mail.rendering.email import RenderedEmail


def an_email(number: int = 1, to: str = "ana@example.com", **parts: Any) -> RenderedEmail:
    """To a contact, with all that a marketing mail has."""
    return RenderedEmail(
        **{
            "key": f"1:{number}",
            "message_id": number,
            "kind": MessageKind.MARKETING,
            "at": datetime(2026, 3, 2, 17, tzinfo=UTC),
            "from_name": "Nora, at Brightwater",
            "from_address": "hello@brightwater.example.com",
            "to_address": to,
            "reply_to": "answers@brightwater.example.com",
            "subject": "Grüße & more",
            "html": "<p>Grüße</p>",
            "text": "Grüße\n",
            "headers": {
                "List-Unsubscribe": "<https://x.example.com/u>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
            "categories": ("lead_nurture", "lead_nurture/article_1"),
            "tracked": True,
        }
        | parts
    )
