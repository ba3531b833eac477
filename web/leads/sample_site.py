"""The sample business's website, so that everything can be tried by clicking: forms in, articles and orders out."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.contacts.merged_into import kept_contact
from models.database import engine
from models.events.emit import NewEvent, emit
from models.leads.public_form import SHOWN_AT, rules_of, shown_at
from models.mail.tracking.own_pixel import is_persons_click, store_visit
from models.playbook import Playbook, current_playbook
from models.playbook.document import ProductEntry
from models.values.readers.person_name import greeting
from web.frame.pages import TEMPLATES, page
from web.frame.visitor import visitor

ARTICLES = TEMPLATES / "site" / "articles"

SWITCHED_OFF = "The sample site is off, because the playbook names another website (under company): {}."
UNKNOWN_VISITOR = "We do not know yet who you are. Open this page by a link in one of our mails, then order."
NOT_JUDGED = "You came a moment ago, and scanners of mail do that too. Press the button again in some seconds."
NO_PRODUCT = "We do not sell this. Choose one of the products on the order page."

KNOWN = text("SELECT id, first_name FROM contact WHERE id = :id")


@dataclass(frozen=True)
class KnownVisitor:
    """A contact whose browser we know."""

    id: int
    first_name: str | None
    click: str
    """The click by which they came; it may have been a scanner's."""


def sample_business() -> Playbook:
    """The playbook in force, as long as its website is this one."""
    with engine().connect() as connection:
        playbook = current_playbook(connection)
    if playbook.company.website != "/site":
        raise HTTPException(404, SWITCHED_OFF.format(playbook.company.website))
    return playbook


Business = Annotated[Playbook, Depends(sample_business)]
router = APIRouter(prefix="/site")


@router.get("")
def show_home(request: Request, business: Business) -> Response:
    """The landing page with the form that most leads come from."""
    return _with_form(request, "site/home.html", business)


@router.get("/thanks")
def show_thanks(request: Request, business: Business) -> Response:
    """Where the forms lead."""
    return page(request, "site/thanks.html", business=business)


@router.get("/call")
def show_call(request: Request, business: Business) -> Response:
    """The form to book a call."""
    return _with_form(request, "site/call.html", business)


@router.get("/articles/{slug}")
def show_article(request: Request, slug: str, business: Business) -> Response:
    """What the mails link to; one text stands in for those that nobody has written."""
    # Only a file that is there: the slug is whatever somebody typed.
    is_written = slug in {file.stem for file in ARTICLES.glob("*.html")}
    template = f"site/articles/{slug}.html" if is_written else "site/article.html"
    return page(request, template, business=business, slug=slug)


@router.get("/order")
def show_order(request: Request, business: Business) -> Response:
    """The price list. That a known visitor came to look is an event, once it is clear that a person did; a reminder may
    follow.
    """
    with engine().begin() as connection:
        known = _known(connection, request)
        if known and request.method == "GET":
            store_visit(connection, known.click, "order", datetime.now(UTC), request.headers.get("user-agent", ""))
    return page(request, "site/order.html", business=business, known=known)


@router.post("/order")
def order(request: Request, business: Business, product: Annotated[str, Form()] = "") -> Response:
    """Buy. One of each product a day: a button pressed twice is one order."""
    bought = next((entry for entry in business.products if entry.code == product), None)
    if bought is None:
        raise HTTPException(422, NO_PRODUCT)
    with engine().begin() as connection:
        known = _known(connection, request)
        now = datetime.now(UTC)
        is_person = known is not None and is_persons_click(connection, known.click, now)
        if is_person is None:
            raise HTTPException(409, NOT_JUDGED)
        if known is None or not is_person:
            raise HTTPException(403, UNKNOWN_VISITOR)
        _place_order(connection, known.id, bought, now)
    return RedirectResponse("/site/ordered", 303)


def _with_form(request: Request, template: str, business: Playbook) -> Response:
    """A page with a form for the source `website`, with what tells people from programs."""
    trap = next(iter(rules_of("website", business).trap), None)
    guards = {"trap": trap, "shown_at_field": SHOWN_AT, "shown_at": shown_at(datetime.now(UTC))}
    guards["page"] = str(request.url)
    return page(request, template, business=business, guards=guards)


def _place_order(connection: Connection, contact_id: int, product: ProductEntry, now: datetime) -> None:
    placed = NewEvent(
        name="order_placed",
        topic=product.code,
        contact_id=contact_id,
        source="site",
        key=f"site:{contact_id}:{product.code}:{now.date()}",
        data={"product": product.code, "amount": str(product.price), "currency": product.currency},
    )
    emit(connection, [placed], now)


@router.get("/ordered")
def show_ordered(request: Request, business: Business) -> Response:
    """Thanks for the order."""
    return page(request, "site/ordered.html", business=business)


def _known(connection: Connection, request: Request) -> KnownVisitor | None:
    known = visitor(request)
    if known is None:
        return None
    found = connection.execute(KNOWN, {"id": kept_contact(connection, known.contact_id)}).one_or_none()
    return KnownVisitor(found.id, greeting(found.first_name), known.click) if found else None
