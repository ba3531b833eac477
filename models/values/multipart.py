"""The fields of a form that was sent as multipart/form-data, read as tolerantly as can be. Pure."""

import email
from collections.abc import Iterator
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Any

from models.values.charset import decode_text

CUT_OFF = "{} (cut off)"
"""The name of a last field of a form that ends within it: half an address is another address."""
TEXT_FILE = "blob"
"""How scripts in browsers name what they send as a file although it is a value."""


def read_multipart(content_type: str, raw: bytes) -> list[tuple[str, Any]]:
    """Name and value of each field; of a file its name, type and size. Empty when this is no multipart form."""
    message = email.message_from_bytes(f"Content-Type: {_with_boundary(content_type, raw)}\r\n\r\n".encode() + raw)
    parts = message.get_payload()
    if not isinstance(parts, list):
        return []
    fields = [field for part in parts if isinstance(part, Message) for field in _field(part)]
    charset = next((value for name, value in fields if name == "_charset_" and isinstance(value, bytes)), b"")
    said = charset.decode("latin-1")
    read = [(name, decode_text(value, said) if isinstance(value, bytes) else value) for name, value in fields]
    is_cut = any(type(defect).__name__ == "CloseBoundaryNotFoundDefect" for defect in message.defects)
    return [*read[:-1], (CUT_OFF.format(read[-1][0]), read[-1][1])] if is_cut and read else read


def _with_boundary(content_type: str, raw: bytes) -> str:
    """The content type; of a sender that forgot the boundary with the one that the body begins with."""
    first = raw.lstrip().partition(b"\n")[0].strip()
    if "boundary=" in content_type.lower() or not first.startswith(b"--"):
        return content_type
    return f'multipart/form-data; boundary="{first[2:].decode("latin-1")}"'


def _field(part: Message) -> Iterator[tuple[str, bytes | str | dict[str, Any]]]:
    disposition = Message()
    # The parser would replace letters that are not ASCII; browsers send them as they are.
    raw = next((str(value) for name, value in part.raw_items() if name.lower() == "content-disposition"), "")
    disposition["content-disposition"] = decode_text(raw.encode("utf-8", "surrogateescape"))
    name, file = (_parameter(disposition, key) for key in ("name", "filename"))
    content = part.get_payload(decode=True)
    content = content if isinstance(content, bytes) else bytes(part)
    if file is None or (file == TEXT_FILE and part.get_content_maintype() in ("text", "application")):
        charset = part.get_param("charset")
        yield name or "", decode_text(content, charset) if isinstance(charset, str) else content
    elif file or content:
        yield name or "", {"file": file, "content_type": part.get_content_type(), "bytes": len(content)}


def _parameter(disposition: Message, key: str) -> str | None:
    """A parameter in either way of writing it: `name="x"`, or `name*=utf-8''x` as RFC 2231 has it."""
    value = disposition.get_param(key, header="content-disposition")
    return None if value is None else decode_text(collapse_rfc2231_value(value).encode("utf-8", "surrogateescape"))
