"""Regular expressions take a time that grows with the text and no faster: strangers choose the text."""

import re

import pytest

from tests.support.patterns import Pattern, all_patterns, slow_text

BOUNDED = {
    "models.values.readers": "longer values than people write are not read: tests/leads/test_long_values.py",
    "models.mail.inbound": "texts are cut, and whole mails are tried: tests/mail/inbound/test_long_texts.py",
    "models.mail.rendering.skeleton": "pages of our own, in which what strangers wrote is escaped",
    "models.mail.rendering.email": "pages of our own, in which what strangers wrote is escaped",
    "models.mail.rendering.links": "pages of our own, in which what strangers wrote is escaped",
    "models.mail.tracking": "what a mail server answers is cut to some hundred letters",
    "blocks.smtp_reply": "what a mail server answers is cut to some hundred letters",
}
"""Modules whose patterns may be slower, and why no text is long enough to matter."""


def test_every_regular_expression_is_linear() -> None:
    tried = [one for one in all_patterns() if not one.where.startswith(tuple(BOUNDED))]
    assert len(tried) > 30
    assert {one.where: text for one in tried if (text := slow_text(one))} == {}


@pytest.mark.parametrize("careless", [r"\s+$", r"<[^>]*>", r"[^,]*,\d+;"])
def test_a_careless_one_is_found(careless: str) -> None:
    assert slow_text(Pattern("here", re.compile(careless), {"search"}))


@pytest.mark.parametrize("careful", [r"<[^<>]*>", r"\d{1,3}", r"(?<!\s)\s+$", r"[\w.+-]+"])
def test_a_careful_one_is_not(careful: str) -> None:
    assert slow_text(Pattern("here", re.compile(careful), {"search"})) is None
