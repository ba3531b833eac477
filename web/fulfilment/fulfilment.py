"""What is to be sent by hand: for ops all lists, for whoever sends it the one list behind a link, and its file."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import text

from models.access.token import sign_token, verify_token
from models.access.work_link import EndedLink
from models.database import engine
from models.fulfilment.lines import BATCH_LINES, batch_lines
from models.fulfilment.overview import all_lists, sent_lists
from models.fulfilment.send_lists import PURPOSE
from web.frame.csv_response import csv_of_query
from web.frame.login import require_ops
from web.frame.pages import page
from web.frame.who import who_asks

router = APIRouter(prefix="/fulfilment")

LASTS = timedelta(days=60)
"""How long a link opens its list after that went out: it shows where people live now, not only then."""
ENDED = "This list went out more than 60 days ago, so its link has ended. Ops find it on the page What is sent by hand."
GONE = "Nobody of this list is left: all of them have been erased. There is nothing to send."

HANDED_AT = text("SELECT max(handed_at) FROM fulfilment_entry WHERE batch = :batch")

COLUMNS = {
    **{"who": "name", "company": "company", "street": "street", "city": "city", "state": "state"},
    **{"postal_code": "postal code", "country": "country", "what_for": "for", "bought": "bought"},
    **{"owner": "from", "remark": "remark", "created_at": "asked for at"},
}


@router.get("", dependencies=[Depends(require_ops)])
def show_lists(request: Request) -> Response:
    """What waits on each list, and the lists that went out."""
    with engine().connect() as connection:
        lists, sent = all_lists(connection), sent_lists(connection)
    return page(request, "fulfilment/fulfilment.html", lists=lists, sent=sent, path=_path)


@router.get("/{token}")
def show_list(request: Request, token: str) -> Response:
    """One list, for the person its mail was sent to. It needs no login, only the link."""
    batch = _batch(request, token)
    with engine().connect() as connection:
        lines = batch_lines(connection, batch)
    if not lines:
        raise HTTPException(404, GONE)
    return page(request, "fulfilment/fulfilment_list.html", batch=batch, lines=lines, path=_path(batch))


@router.get("/{token}/list.csv")
def download_list(request: Request, token: str) -> Response:
    """The list as a CSV file, an address line in each column."""
    batch = _batch(request, token)
    return csv_of_query(_file_name(batch), BATCH_LINES, {"batch": batch}, COLUMNS)


def _batch(request: Request, token: str) -> str:
    """The list of a link. Raises ForgedToken, and EndedLink after a while, for whoever is not of ops."""
    batch: str = verify_token(PURPOSE, token)
    if who_asks(request) is None:
        with engine().connect() as connection:
            handed_at = connection.execute(HANDED_AT, {"batch": batch}).scalar()
        if handed_at is not None and handed_at < datetime.now(UTC) - LASTS:
            raise EndedLink(ENDED)
    return batch


def _path(batch: str) -> str:
    return f"/fulfilment/{sign_token(PURPOSE, batch)}"


def _file_name(batch: str) -> str:
    """A name that a header can carry, whatever the list is called."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in batch)
