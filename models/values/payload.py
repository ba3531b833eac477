"""The values in what a sender posted: JSON, or one of the two ways in which browsers send forms. Pure."""

import json
from collections.abc import Iterable, Mapping
from email.message import Message
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from models.values.charset import WESTERN, decode_text, is_text_encoding
from models.values.multipart import read_multipart
from models.values.readers.bad_value import quote_value
from models.values.sanitize import MOST_VALUES

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
FORMS = (URLENCODED, MULTIPART)
MOST_FIELDS = 20 * MOST_VALUES
LONGEST_NUMBER = 30
"""Digits beyond which a number in JSON stays text: Python refuses to read thousands of them."""


class UnreadablePayload(ValueError):
    """A body that is not what its content type says, or of a type that we do not take."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def read_json(raw: bytes) -> Any:
    """What a JSON document says. Raises UnreadablePayload with the place of the fault."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadablePayload(
            f"Byte {error.start + 1} of this body is {raw[error.start]:#x}, which is not UTF-8. Send JSON as UTF-8."
        ) from None
    return _parse(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} was found, a number was expected")


def _parse(text: str, **how: Any) -> Any:
    try:
        return json.loads(text, **how)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        found = quote_value(error.doc[error.pos : error.pos + 20]) if error.doc[error.pos :] else "the end"
        raise UnreadablePayload(f"This is not JSON: {error.msg} at {where}, {found} was found there.") from None
    except RecursionError:
        raise UnreadablePayload("This JSON is nested too deeply to be read. Send fields and their values.") from None
    except ValueError as error:
        raise UnreadablePayload(f"This is not JSON that can be stored: {error}.") from None


def read_values(content_type: str, raw: bytes, query: str = "") -> dict[str, Any]:
    """The fields of a posted lead by name; a name that is sent several times has a list.

    `query` is that of the address: its fields come after those of the body. A body that is not what its content type
    says is read as what it looks like. What is not in UTF-8, and in no encoding that was said, is Windows-1252, as in
    browsers. Raises UnreadablePayload.
    """
    header = Message()
    header["content-type"] = content_type
    media, charset = content_type.partition(";")[0].strip().lower(), header.get_param("charset")
    in_address = _grouped(_urlencoded(query.encode(), None)) if query else {}
    if not raw.strip(b"\0\t\n\r "):
        if in_address:
            return in_address
        raise UnreadablePayload('Nothing was sent. Send the fields of a lead, such as {"email": "joe@example.com"}.')
    return in_address | _body(media, content_type, raw, charset if isinstance(charset, str) else None)


def _body(media: str, content_type: str, raw: bytes, charset: str | None) -> dict[str, Any]:
    if media.startswith("multipart/") or raw.lstrip().startswith(b"--"):
        if fields := read_multipart(content_type, raw):
            return _grouped(fields)
        raise UnreadablePayload("This multipart form is cut off, or lacks its boundary. Send it again as browsers do.")
    if _looks_like_json(raw):
        return _object(raw, charset)
    if media == URLENCODED or (not _is_json(media) and _looks_like_form(raw)):
        return _grouped(_urlencoded(raw, charset))
    if media and not _is_json(media) and media != "text/plain":
        expected = f"application/json, {URLENCODED} or {MULTIPART} was expected"
        raise UnreadablePayload(f"The content type {quote_value(media)} was found, {expected}.", 415)
    return _object(raw, charset)


def _is_json(media: str) -> bool:
    return media in ("application/json", "text/json") or media.endswith("+json")


def _looks_like_json(raw: bytes) -> bool:
    return raw.lstrip(b"\xef\xbb\xbf\xff\xfe\0\t\n\r ")[:1] in (b"{", b"[")


def _looks_like_form(raw: bytes) -> bool:
    name, equals, _ = raw[:200].partition(b"=")
    return bool(equals) and not set(name) & set(b' \t\r\n:<"{')


def _object(raw: bytes, charset: str | None) -> dict[str, Any]:
    text = _json_text(raw, charset)
    found = _parse(text.strip("\0\ufeff"), strict=False, parse_int=_number, object_pairs_hook=_grouped)
    # Some senders pack the object into a list, or its JSON into a text.
    if isinstance(found, list) and len(found) == 1:
        [found] = found
    if isinstance(found, str) and found.lstrip().startswith("{"):
        found = _parse(found, strict=False, parse_int=_number, object_pairs_hook=_grouped)
    if not isinstance(found, Mapping):
        expected = 'an object such as {"email": "joe@example.com"} was expected'
        raise UnreadablePayload(f"{quote_value(found)} was found, {expected}.")
    return dict(found)


def _json_text(raw: bytes, charset: str | None) -> str:
    """JSON says by its first bytes whether it is UTF-16 or UTF-32."""
    encoding = json.detect_encoding(raw)
    if encoding.startswith("utf-8"):
        return decode_text(raw, charset)
    return raw.decode(encoding, errors="replace")


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _urlencoded(raw: bytes, charset: str | None) -> list[tuple[str, str]]:
    text = raw.decode("latin-1")
    said = [value for name, value in _pairs(text, "latin-1") if name == "_charset_"]
    for encoding in (charset, *said, "utf-8", WESTERN):
        if encoding and is_text_encoding(encoding):
            try:
                return _pairs(raw.decode(encoding), encoding)
            except UnicodeError:
                continue
    return _pairs(text, "latin-1")


def _pairs(text: str, encoding: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            text.strip("\0\r\n"),
            keep_blank_values=True,
            encoding=encoding,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except UnicodeError:
        raise
    except ValueError:
        raise UnreadablePayload(f"This form has more than {MOST_FIELDS:,} fields. Send fewer.") from None


def _grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a mapping; nothing of a name that comes twice is lost."""
    values: dict[str, Any] = {}
    again: set[str] = set()
    for name, value in pairs:
        if name not in values:
            values[name] = value
        elif name in again:
            values[name].append(value)
        else:
            again.add(name)
            values[name] = [values[name], value]
    return values
