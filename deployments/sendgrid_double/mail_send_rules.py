"""SendGrid's rules for a mail beyond the schema of its fields: combinations, uniqueness, sizes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from deployments.sendgrid_double.mail_send_schema import MAIL, MOST_RECIPIENTS
from deployments.sendgrid_double.schema import RequestError

CUSTOM_ARGS_BYTES = 10_000
FARTHEST_AHEAD = timedelta(hours=72)
RESERVED_HEADERS = {
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-type",
    "content-transfer-encoding",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
}
ORDER = ("text/plain", "text/x-amp-html", "text/html")

RequestBody = dict[str, Any]


def validation_errors(mail: Any, now: datetime) -> list[RequestError]:
    """All errors of a request's body; the rules are checked only when the body fits the schema."""
    schema_errors = list(MAIL.errors(mail, ""))
    return schema_errors or [error for rule in RULES for error in rule(mail, now)]


def _recipients(mail: RequestBody, _: datetime) -> Iterator[RequestError]:
    total = 0
    for number, part in enumerate(mail["personalizations"]):
        seen: set[str] = set()
        for field in ("to", "cc", "bcc"):
            for person in part.get(field, ()):
                total += 1
                address = person["email"].lower()
                if address in seen:
                    said = "Each email address in the personalization block should be unique between to, cc, and bcc."
                    where = f"personalizations.{number}.{field}"
                    yield RequestError(
                        f"{said} We found the first duplicate instance of [{address}] in {where}.", where
                    )
                seen.add(address)
    if total > MOST_RECIPIENTS:
        yield RequestError(
            f"A request may have {MOST_RECIPIENTS} recipients in all, found {total}.", "personalizations"
        )


def _subject(mail: RequestBody, _: datetime) -> Iterator[RequestError]:
    each_has_one = all("subject" in part for part in mail["personalizations"])
    if not (mail.get("subject", "").strip() or each_has_one or "template_id" in mail):
        yield RequestError(
            "The subject is required. You can get around this requirement if you use a template with a subject "
            "defined or if every personalization has a subject defined.",
            "subject",
        )


def _content(mail: RequestBody, _: datetime) -> Iterator[RequestError]:
    if "content" not in mail and "template_id" not in mail:
        yield RequestError("Unless a valid template_id is provided, the content parameter is required.", "content")
    kinds = [part["type"] for part in mail.get("content", ())]
    places = [ORDER.index(kind) if kind in ORDER else len(ORDER) for kind in kinds]
    if any(one > other for one, other in pairwise(places)):
        yield RequestError("If present, text/plain must be first, then text/x-amp-html, then text/html.", "content")
    if len(set(kinds)) < len(kinds):
        yield RequestError("There may be one content of each type.", "content")


def _headers(mail: RequestBody, _: datetime) -> Iterator[RequestError]:
    for where, part in _parts(mail):
        for name in part.get("headers", ()):
            if name.lower() in RESERVED_HEADERS:
                yield RequestError(f"The header {name} is reserved.", f"{where}headers.{name}")
            if not name or not name.isascii() or not name.isprintable() or set(name) & set(" :"):
                yield RequestError(f"{name!r} is no name of a header.", f"{where}headers")


def _custom_args(mail: RequestBody, _: datetime) -> Iterator[RequestError]:
    for where, part in _parts(mail):
        custom_args = {**mail.get("custom_args", {}), **part.get("custom_args", {})}
        size = sum(len(f"{name}{value}".encode()) for name, value in custom_args.items())
        if size >= CUSTOM_ARGS_BYTES:
            yield RequestError(f"Custom arguments must be under {CUSTOM_ARGS_BYTES} bytes.", f"{where}custom_args")


def _send_at(mail: RequestBody, now: datetime) -> Iterator[RequestError]:
    for where, part in _parts(mail):
        if part.get("send_at", 0) > (now + FARTHEST_AHEAD).timestamp():
            yield RequestError("Mails can be scheduled 72 hours ahead, not more.", f"{where}send_at")


def _reply_to(mail: RequestBody, _: datetime) -> Iterator[RequestError]:
    if "reply_to" in mail and "reply_to_list" in mail:
        yield RequestError("Only one of reply_to and reply_to_list may be given.", "reply_to_list")


def _parts(mail: RequestBody) -> Iterator[tuple[str, RequestBody]]:
    """The mail and each of its personalizations, with the prefix of the paths of its fields."""
    yield "", mail
    for number, part in enumerate(mail["personalizations"]):
        yield f"personalizations.{number}.", part


RULES = (_recipients, _subject, _content, _headers, _custom_args, _send_at, _reply_to)
