"""The values in what a sender posted: JSON, or one of the two ways in which browsers send forms. Pure."""

import email
import json
from collections.abc import Iterable
from email.message import Message
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from models.values.custom_field import quote_value
from models.values.sanitize import MOST_VALUES

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
JSON_TYPES = ("", "application/json", "text/json", "text/plain")


class UnreadablePayload(ValueError):
    """A body that is not what its content type says, or of a type that we do not take."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def read_json(raw: bytes) -> Any:
    """What a JSON document says. Raises UnreadablePayload with the place of the fault."""
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise UnreadablePayload(
            f"Byte {error.start + 1} of this body is {raw[error.start]:#x}, which is not UTF-8. Send JSON as UTF-8."
        ) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        found = quote_value(error.doc[error.pos : error.pos + 20]) if error.doc[error.pos :] else "the end"
        raise UnreadablePayload(f"This is not JSON: {error.msg} at {where}, {found} was found there.") from None
    except RecursionError:
        raise UnreadablePayload("This JSON is nested too deeply to be read. Send fields and their values.") from None
    except ValueError as error:
        raise UnreadablePayload(f"This is not JSON that can be stored: {error}.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} was found, a number was expected")


def read_values(content_type: str, raw: bytes) -> dict[str, Any]:
    """The fields of a posted lead by name; a name that a form sends several times has a list."""
    media = content_type.partition(";")[0].strip().lower()
    if not raw.strip():
        raise UnreadablePayload('Nothing was sent. Send the fields of a lead, such as {"email": "joe@example.com"}.')
    if media == FORMS[0]:
        return _grouped(_urlencoded(raw))
    if media == FORMS[1]:
        return _grouped(_multipart(content_type, raw))
    if media not in JSON_TYPES and not media.endswith("+json"):
        expected = f"application/json, {FORMS[0]} or {FORMS[1]} was expected"
        raise UnreadablePayload(f"The content type {quote_value(media)} was found, {expected}.", 415)
    values = read_json(raw)
    if not isinstance(values, dict):
        expected = 'an object such as {"email": "joe@example.com"} was expected'
        raise UnreadablePayload(f"{quote_value(values)} was found, {expected}.")
    return values


def _urlencoded(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_VALUES)
    except UnicodeDecodeError:
        raise UnreadablePayload("This form is not in UTF-8. Send it with accept-charset utf-8.") from None
    except ValueError:
        raise UnreadablePayload(f"This form has more than {MOST_VALUES:,} fields. Send fewer.") from None


def _multipart(content_type: str, raw: bytes) -> list[tuple[str, str]]:
    message = email.message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw)
    if not message.is_multipart() or message.defects:
        raise UnreadablePayload("This multipart form is cut off, or lacks its boundary. Send it again as browsers do.")
    try:
        return [_part(part) for part in message.get_payload()]  # type: ignore[arg-type]
    except UnicodeError:
        raise UnreadablePayload("This form is not in UTF-8. Send it with accept-charset utf-8.") from None


def _part(part: Message) -> tuple[str, str]:
    """Name and text of one field. A file has no place in a lead; its name is in the answer."""
    names = dict(part.get_params(header="content-disposition") or ())
    name, file = (names.get(key, "").encode("ascii", "surrogateescape").decode() for key in ("name", "filename"))
    if file:
        raise UnreadablePayload(
            f"The file {quote_value(file)} was found in field {quote_value(name)}, text was expected.", 422
        )
    content = part.get_payload(decode=True)
    return name, content.decode() if isinstance(content, bytes) else ""


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}
