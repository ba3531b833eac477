"""The preference page of a contact, and the one-click unsubscribe of mail programs (RFC 8058)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models import Suppression
from models.access.token import verify_token
from models.contacts.merged_into import kept_contact
from models.database import engine
from models.mail.preferences import set_topics, subscribed_topics
from models.mail.suppression import resubscribe, suppress
from models.playbook import Company, current_playbook
from models.playbook.mail import Topic
from web.frame.pages import page

router = APIRouter(prefix="/unsubscribe/{token}")

CONTACT = text("SELECT id, email, suppressed FROM contact WHERE id = :id")


@dataclass(frozen=True)
class Preferences:
    """A contact's suppression and subscribed topics, for the page."""

    email: str | None
    suppressed: str | None
    topics: dict[str, Topic]
    subscribed: list[str]
    """The topics that the contact gets mail about; none while unsubscribed."""
    company: Company

    @property
    def topic_labels(self) -> list[str]:
        """The labels of the subscribed topics."""
        return [self.topics[topic].label for topic in self.subscribed]


@router.get("")
def show_preferences(request: Request, token: str, saved: bool = False) -> Response:
    """The preference page. A GET changes nothing, because mail scanners follow every link."""
    return _page(request, token, saved=saved)


@router.post("")
def unsubscribe_one_click(request: Request, token: str) -> Response:
    """Unsubscribe, whatever the body says. Answers with a page: mail programs follow no redirects (RFC 8058, 3.1)."""
    _unsubscribe(token)
    return _page(request, token, saved=True)


@router.post("/all")
def unsubscribe(token: str) -> Response:
    """Unsubscribe by the button of the page."""
    _unsubscribe(token)
    return _redirect(token)


@router.post("/undo")
def resubscribe_contact(token: str) -> Response:
    """Resubscribe to the topics that the contact had before."""
    contact_id = _contact(token)
    with engine().begin() as connection:
        resubscribe(connection, [contact_id], datetime.now(UTC), "unsubscribe")
    return _redirect(token)


@router.post("/topics")
def save_preferences(token: str, topic: Annotated[Sequence[str], Form()] = ()) -> Response:
    """Subscribe to the ticked topics and no others; none ticked is to unsubscribe."""
    contact_id = _contact(token)
    with engine().begin() as connection:
        if connection.execute(CONTACT, {"id": contact_id}).one_or_none():
            set_topics(connection, contact_id, topic, current_playbook(connection).mail, datetime.now(UTC))
    return _redirect(token)


def _contact(token: str) -> int:
    """The contact of a link; who has been merged since is the contact that they became."""
    with engine().connect() as connection:
        return kept_contact(connection, verify_token("unsubscribe", token))


def _unsubscribe(token: str) -> None:
    contact_id = _contact(token)
    with engine().begin() as connection:
        suppress(connection, [contact_id], Suppression.UNSUBSCRIBED, datetime.now(UTC), "unsubscribe")


def _redirect(token: str) -> Response:
    return RedirectResponse(f"/unsubscribe/{token}?saved=true", 303)


def _page(request: Request, token: str, *, saved: bool) -> Response:
    contact_id = _contact(token)
    with engine().connect() as connection:
        preferences = _preferences(connection, contact_id)
    return page(request, "mail/unsubscribe.html", token=token, saved=saved, preferences=preferences)


def _preferences(connection: Connection, contact_id: int) -> Preferences | None:
    contact = connection.execute(CONTACT, {"id": contact_id}).one_or_none()
    if contact is None:
        return None
    playbook = current_playbook(connection)
    subscribed = subscribed_topics(connection, contact_id, playbook.mail) if contact.suppressed is None else []
    return Preferences(contact.email, contact.suppressed, playbook.mail.topics, subscribed, playbook.company)
