"""What was typed into the form about a lead, read by the playbook's answers and the country's way to write amounts."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from models.feedback.said import SaidFeedback
from models.orders.read_order import LONGEST_REFERENCE, find_product
from models.playbook import Playbook
from models.playbook.feedback import FeedbackTerms
from models.tables.feedback import FeedbackResult
from models.values.readers.amount import read_amount
from models.values.readers.bad_value import BadValue
from models.wording import full_date
from web.frame.typed_text import UnreadableText, validate_text

LONGEST_NOTES = 10_000
LONGEST_ANSWER = 500
FURTHEST = timedelta(days=2 * 366)
"""A day to ask again that is further away is a slip, or a lead that is lost for now."""

FIELDS = (*("contacted", "status", "result", "reason", "amount", "product", "order_number", "next_on", "notes"),)
"""The names of all inputs."""


SURE = "sure"
"""The name of the input that says which unlikely answers they have been asked about."""


class UnlikelyFeedback(UnreadableText):
    """It contradicts itself or lacks its point, which can be true: the next sending decides."""

    def __init__(self, sentence: str, about: str) -> None:
        super().__init__(sentence)
        self.about = about


def said_with(
    typed: Mapping[str, str],
    earlier: SaidFeedback,
    terms: FeedbackTerms,
    playbook: Playbook,
    zone: str,
    now: datetime,
) -> SaidFeedback:
    """What is said now with what was said before and is left out now, so that partial answers add up.

    Raises UnreadableText as `typed_feedback`.
    """
    if not any(typed.get(name, "").strip() for name in FIELDS):
        raise UnreadableText("Nothing was chosen. One of the three questions is enough.")
    result = {"result": earlier.result.value} if earlier.result else {}
    said = typed_feedback(result | dict(typed), terms, playbook, zone, now)
    return said.completing(earlier, [name for name in FIELDS if name in typed])


def check_likely(said: SaidFeedback, terms: FeedbackTerms, *, has_value: bool, asked: Collection[str]) -> None:
    """Raise UnlikelyFeedback for a lead that is won without a talk, or without what it brought.

    `has_value`: what it brought is known otherwise. `asked` are those that they have been asked about already.
    """
    if said.result is not FeedbackResult.WON:
        return
    not_yet = any(one.answer == said.contacted and not one.action for one in terms.contacted)
    if not_yet and "talk" not in asked:
        raise UnlikelyFeedback(
            f"You say “{said.contacted}” to whether you have been in touch, and that it is won. If both are true, save "
            "it again; else say how you got in touch.",
            "talk",
        )
    if said.amount is None and said.product is None and not has_value and "value" not in asked:
        raise UnlikelyFeedback(
            "What did it bring? It becomes an order with that amount; choose what they bought, and the list price is "
            "taken. If nobody knows yet, save it again: the order then waits for its amount.",
            "value",
        )


def typed_feedback(
    typed: Mapping[str, str], terms: FeedbackTerms, playbook: Playbook, zone: str, now: datetime
) -> SaidFeedback:
    """What was typed. Raises UnreadableText, in the reader's words, for what is no answer any more or cannot be read.

    What belongs to a result that was not chosen is left out unread: a browser sends what is folded away, too.
    """
    result = _result(typed.get("result", ""))
    won, lost = result is FeedbackResult.WON, result is FeedbackResult.LOST
    amount, currency = _amount(typed.get("amount", ""), playbook) if won else (None, None)
    product = _product(typed.get("product", ""), playbook) if won else None
    return SaidFeedback(
        contacted=_choice(typed, "contacted", (one.answer for one in terms.contacted)),
        status=_choice(typed, "status", (one.answer for one in terms.statuses)),
        result=result,
        reason=_choice(typed, "reason", (one.answer for one in terms.lost)) if lost else None,
        amount=amount,
        currency=currency or (_currency(product, playbook) if amount is not None else None),
        product=product,
        order_number=_text(typed, "order_number", "The order number", LONGEST_REFERENCE) if won else None,
        next_on=None if won or lost else _next_on(typed.get("next_on", ""), zone, now),
        notes=_text(typed, "notes", "The notes", LONGEST_NOTES),
    )


def _choice(typed: Mapping[str, str], name: str, answers: Iterable[str]) -> str | None:
    given = validate_text(typed.get(name, ""), "The answers", longest=LONGEST_ANSWER)
    if not given:
        return None
    known = list(answers)
    if given not in known:
        raise UnreadableText(f"“{given[:100]}” is not one of the answers any more. Choose one of: {', '.join(known)}.")
    return given


def _result(given: str) -> FeedbackResult | None:
    if not given:
        return None
    try:
        return FeedbackResult(given)
    except ValueError:
        raise UnreadableText(f"“{given[:100]}” is not how a lead can end. Choose one of the three.") from None


def _amount(given: str, playbook: Playbook) -> tuple[Decimal | None, str | None]:
    given = validate_text(given, "The words under “What it brought”", longest=LONGEST_ANSWER)
    if not given:
        return None, None
    try:
        amount, currency = read_amount(given, playbook.company.country)
    except BadValue as error:
        raise UnreadableText(f"What it brought: {error.for_people}") from None
    if amount < 0:
        raise UnreadableText(f"What it brought: {given!r} is below zero. What was paid back is told by your shop.")
    if amount > playbook.orders.largest:
        raise UnreadableText(f"What it brought: {given} is too much. Give at most {playbook.orders.largest:,}.")
    return amount, currency


def _product(given: str, playbook: Playbook) -> str | None:
    given = validate_text(given, "The product", longest=LONGEST_ANSWER)
    if not given:
        return None
    product = find_product(playbook, given)
    if product is None:
        raise UnreadableText(f"“{given[:100]}” is not sold any more. Choose another product, or none.")
    return product.code


def _currency(product: str | None, playbook: Playbook) -> str:
    found = find_product(playbook, product)
    return found.currency if found is not None else playbook.orders.currency


def _next_on(given: str, zone: str, now: datetime) -> date | None:
    if not given.strip():
        return None
    try:
        day = date.fromisoformat(given.strip())
    except ValueError:
        raise UnreadableText(f"“{given[:40]}” is no day. Write it as 2026-03-31, or leave it empty.") from None
    today = now.astimezone(ZoneInfo(zone)).date()
    if day <= today:
        raise UnreadableText(f"{full_date(day)} is over, or today. Choose a day from tomorrow on, or leave it empty.")
    if day > today + FURTHEST:
        raise UnreadableText(
            f"{full_date(day)} is more than two years away. Choose a nearer day, or say that it is lost."
        )
    return day


def _text(typed: Mapping[str, str], name: str, what: str, longest: int) -> str | None:
    return validate_text(typed.get(name, ""), what, longest=longest) or None
