"""The pages of docs/ for those who are logged in, and the pictures in them."""

import re

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, Response

from web.documentation.markdown import PICTURES, page_names, read_page
from web.frame.login import require_ops
from web.frame.pages import page

router = APIRouter(prefix="/docs", dependencies=[Depends(require_ops)])

PICTURE = re.compile(r"[\w-]{1,80}\.(?:png|svg)")
NO_PAGE = "There is no page of this name in the documentation. Its pages are: {names}."


@router.get("")
def show_contents(request: Request) -> Response:
    """All pages by title."""
    found = [one for name in page_names() if (one := read_page(name))]
    return page(request, "documentation/contents.html", pages=found)


@router.get("/{name}")
def show_doc_page(request: Request, name: str) -> Response:
    """One page."""
    found = read_page(name)
    if found is None:
        raise HTTPException(404, NO_PAGE.format(names=", ".join(page_names())))
    return page(request, "documentation/page.html", doc=found)


@router.get("/pictures/{name}")
def show_picture(name: str) -> Response:
    """A picture in a page."""
    if not PICTURE.fullmatch(name) or not (file := PICTURES / name).is_file():
        raise HTTPException(404, "There is no picture of this name in the documentation.")
    return FileResponse(file)
