"""The sample business's website, so that everything can be tried by clicking: forms in, articles and orders out."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.database import engine
from models.playbook import Playbook, current
from web.event_log import add_event
from web.pages import TEMPLATES, page
from web.visitor import visitor

SWITCHED_OFF = "The sample site is off, because the playbook names another website (under company): {}."
STRANGER = "We do not know yet who you are. Open this page by a link in one of our mails, then order."
NO_PRODUCT = "We do not sell this. Choose one of the products on the order page."

KNOWN = text("SELECT id, first_name FROM contact WHERE id = :id")


@dataclass(frozen=True)
class KnownVisitor:
    """A contact whose browser we know."""

    id: int
    first_name: str | None


def sample_business() -> Playbook:
    """The playbook in force, as long as its website is this one."""
    with engine().connect() as connection:
        playbook = current(connection)
    if playbook.company.website != "/site":
        raise HTTPException(404, SWITCHED_OFF.format(playbook.company.website))
    return playbook


Business = Annotated[Playbook, Depends(sample_business)]
router = APIRouter(prefix="/site")


@router.get("")
def show_home(request: Request, business: Business) -> Response:
    """The landing page with the form that most leads come from."""
    return page(request, "site/home.html", business=business)


@router.get("/thanks")
def show_thanks(request: Request, business: Business) -> Response:
    """Where the forms lead."""
    return page(request, "site/thanks.html", business=business)


@router.get("/call")
def show_call(request: Request, business: Business) -> Response:
    """The form to book a call."""
    return page(request, "site/call.html", business=business)


@router.get("/articles/{slug}")
def show_article(request: Request, slug: str, business: Business) -> Response:
    """What the mails link to; one text stands in for those that nobody has written."""
    template = f"site/articles/{slug.replace('_', '-')}.html"
    written = slug.replace("_", "-") in _articles(TEMPLATES / "site" / "articles")
    return page(request, template if written else "site/article.html", business=business, slug=slug)


@router.get("/order")
def show_order(request: Request, business: Business) -> Response:
    """The price list. That a known visitor came to look is an event; a reminder may follow."""
    with engine().begin() as connection:
        known = _known(connection, request)
        if known and request.method == "GET":
            add_event(
                connection, "page_visited", topic="order", contact_id=known.id, source="site", at=datetime.now(UTC)
            )
    return page(request, "site/order.html", business=business, known=known)


@router.post("/order")
def order(request: Request, business: Business, product: Annotated[str, Form()] = "") -> Response:
    """Buy. One of each product a day: a button pressed twice is one order."""
    bought = next((entry for entry in business.products if entry.code == product), None)
    if bought is None:
        raise HTTPException(422, NO_PRODUCT)
    now = datetime.now(UTC)
    with engine().begin() as connection:
        known = _known(connection, request)
        if known is None:
            raise HTTPException(403, STRANGER)
        data = {"product": bought.code, "amount": str(bought.price), "currency": bought.currency}
        key = f"site:{known.id}:{bought.code}:{now.date()}"
        add_event(
            connection,
            "order_placed",
            topic=bought.code,
            contact_id=known.id,
            source="site",
            key=key,
            data=data,
            at=now,
        )
    return RedirectResponse("/site/ordered", 303)


@router.get("/ordered")
def show_ordered(request: Request, business: Business) -> Response:
    """Thanks for the order."""
    return page(request, "site/ordered.html", business=business)


def _articles(folder: Path) -> set[str]:
    return {file.stem for file in folder.glob("*.html")}


def _known(connection: Connection, request: Request) -> KnownVisitor | None:
    found = connection.execute(KNOWN, {"id": visitor(request)}).one_or_none()
    return KnownVisitor(*found) if found else None
