"""A note by chat, and how it is written in the formats of Slack and Teams. Pure.

Slack: Block Kit, https://docs.slack.dev/reference/block-kit/blocks. Teams: an Adaptive Card in a message, as the
workflow "Post to a chat or channel when a webhook request is received" takes it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.playbook.chat import ChatFormat

SLACK_HEADER, SLACK_SECTION, SLACK_BUTTON, SLACK_URL = 150, 3_000, 75, 3_000
"""Slack refuses a block whose text is longer."""
TEAMS_TEXT = 10_000
"""Teams refuses messages of more than 28 KB."""
MARKDOWN = re.compile(r"([\\`*_\[\]()#~>!|-])")


@dataclass(frozen=True)
class NoteLine:
    """One line: a title that may lead somewhere, and what is said of it."""

    title: str
    says: str
    url: str | None = None


@dataclass(frozen=True)
class Note:
    """What is posted."""

    title: str
    text: str
    lines: Sequence[NoteLine]
    button: str
    url: str | None
    """Where the button leads; None: there is none."""


def write_note(note: Note, format: ChatFormat) -> dict[str, Any]:
    """The body of the request. What strangers wrote is text in it: it mentions nobody and leads nowhere."""
    return _slack(note) if format is ChatFormat.SLACK else _teams(note)


def _slack(note: Note) -> dict[str, Any]:
    body = "\n".join([*filter(None, [_slack_text(note.text)]), *map(_slack_line, note.lines)])
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(note.title, SLACK_HEADER), "emoji": False}}
    ]
    if body:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": _whole_lines(body, SLACK_SECTION)}})
    if note.url and len(note.url) <= SLACK_URL:
        button = {"type": "plain_text", "text": _cut(note.button, SLACK_BUTTON), "emoji": False}
        blocks.append(
            {"type": "actions", "elements": [{"type": "button", "text": button, "url": note.url, "action_id": "open"}]}
        )
    # What notifications and screen readers say.
    return {"text": _slack_text(note.title), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _slack_line(line: NoteLine) -> str:
    title = _slack_text(line.title)
    # A bar would end the title inside a link.
    linked = f"<{line.url}|{title.replace('|', '/')}>" if line.url else title
    return f"• {linked}: {_slack_text(line.says)}"


def _slack_text(value: str) -> str:
    """Slack's three control characters as text, so that no name becomes a mention or a link."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(note: Note) -> dict[str, Any]:
    lines = [_block(_teams_line(line)) for line in note.lines]
    body = [_block(_teams_text(_cut(note.title, TEAMS_TEXT)), size="Medium", weight="Bolder")]
    body += [_block(_teams_text(_cut(note.text, TEAMS_TEXT)))] if note.text else []
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [*body, *lines],
        "actions": [{"type": "Action.OpenUrl", "title": note.button, "url": note.url}] if note.url else [],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _block(text: str, **looks: str) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **looks}


def _teams_line(line: NoteLine) -> str:
    title = _teams_text(line.title)
    return f"{f'[{title}]({line.url})' if line.url else title}: {_teams_text(line.says)}"


def _teams_text(value: str) -> str:
    """Markdown as text."""
    return MARKDOWN.sub(r"\\\1", value)


def _cut(value: str, most: int) -> str:
    return value if len(value) <= most else f"{value[: most - 1]}…"


def _whole_lines(value: str, most: int) -> str:
    """As many lines as fit: cut inside a line, a link would be broken."""
    if len(value) <= most:
        return value
    kept = value[: most - 2].rpartition("\n")[0] or value[: most - 2]
    return f"{kept}\n…"
