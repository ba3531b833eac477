"""What no request may hold: null bytes, which no text in Postgres can have, and encodings that no form is sent in."""

from collections.abc import Iterator
from email.message import Message

from fastapi import HTTPException, Request

from models.values.payload import MULTIPART, URLENCODED

NULL = (b"\0", b"%00")
CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1", "windows-1252", "cp1252")
"""Encodings of forms. Others can spell a null byte in letters, as UTF-7 does."""
NULL_FOUND = "A null byte was found in {where}, which no text may hold. Take it out and send again."
NO_CHARSET = "The charset {found!r} was found, utf-8 was expected. Send the form as UTF-8."
NO_ENCODING = "The content encoding {found!r} was found, none was expected. Send the body as it is, not compressed."


def check_address(request: Request) -> None:
    """Raises 400 for a null byte in the path, the query, a cookie or another header."""
    for where, found in _parts(request):
        if any(null in found for null in NULL):
            raise HTTPException(400, NULL_FOUND.format(where=where))


def _parts(request: Request) -> Iterator[tuple[str, bytes]]:
    yield "the address", request.scope["path"].encode(errors="replace")
    yield "the address", request.scope["query_string"]
    for name, value in request.scope["headers"]:
        yield f"the header {name.decode('latin-1')}", value


def check_encoding(request: Request) -> None:
    """Raises 415 for a compressed body: a few bytes of it can be gigabytes."""
    if found := content_encoding(request):
        raise HTTPException(415, NO_ENCODING.format(found=found[:40]))


def content_encoding(request: Request) -> str | None:
    """By what a body is compressed; None for one that is not."""
    found = request.headers.get("content-encoding", "").strip().lower()
    return found if found not in ("", "identity") else None


def check_form(request: Request, body: bytes) -> None:
    """Raises 400 for a form with a null byte, 415 for one in an encoding that forms are not in."""
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    media, charset = header.get_content_type(), header.get_param("charset")
    if media not in (URLENCODED, MULTIPART):
        return
    if charset is not None and str(charset).strip().lower() not in CHARSETS:
        raise HTTPException(415, NO_CHARSET.format(found=str(charset)[:40]))
    if NULL[0] in body or (media == URLENCODED and NULL[1] in body):
        raise HTTPException(400, NULL_FOUND.format(where="the form"))
