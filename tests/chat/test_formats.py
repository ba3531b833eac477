"""How a note reads in Slack and Teams: within their limits, and with strangers' words as text."""

from typing import Any

import pytest

from models.chat.note import Note, NoteLine, write_note
from models.playbook import BadPlaybook, load
from models.playbook.chat import ChatFormat
from tests.support.playbook import SHIPPED

HOSTILE = "<!channel> [click](https://evil.example.com) *bold* & <https://evil.example.com|here>"


def a_note(**changes: Any) -> Note:
    usual: dict[str, Any] = {
        "title": "Call Ana",
        "text": "For Sarah.",
        "lines": [NoteLine("Ana", "first call, due 10:30", "https://tend.example.com/tasks/1")],
        "button": "Report the outcome",
        "url": "https://tend.example.com/tasks/1",
    }
    return Note(**usual | changes)


def test_slack_gets_a_header_a_section_a_button_and_a_text_for_notifications() -> None:
    said = write_note(a_note(), ChatFormat.SLACK)
    assert [block["type"] for block in said["blocks"]] == ["header", "section", "actions"]
    assert said["text"] == "Call Ana"
    assert said["blocks"][1]["text"] == {
        "type": "mrkdwn",
        "text": "For Sarah.\n• <https://tend.example.com/tasks/1|Ana>: first call, due 10:30",
    }
    assert said["blocks"][2]["elements"][0]["url"] == "https://tend.example.com/tasks/1"


def test_teams_gets_an_adaptive_card_in_a_message() -> None:
    said = write_note(a_note(), ChatFormat.TEAMS)
    assert said["type"] == "message"
    (attachment,) = said["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert [block["text"] for block in card["body"]] == [
        "Call Ana",
        "For Sarah.",
        "[Ana](https://tend.example.com/tasks/1): first call, due 10:30",
    ]
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "Report the outcome", "url": "https://tend.example.com/tasks/1"}
    ]


def test_what_strangers_wrote_mentions_nobody_and_links_nowhere() -> None:
    note = a_note(title=HOSTILE, text=HOSTILE, lines=[NoteLine(HOSTILE, HOSTILE, "https://tend.example.com/t")])
    slack = write_note(note, ChatFormat.SLACK)
    assert "<!channel>" not in slack["text"]
    assert "<https://evil" not in slack["blocks"][1]["text"]["text"]
    assert "&lt;!channel&gt;" in slack["blocks"][1]["text"]["text"]
    for block in write_note(note, ChatFormat.TEAMS)["attachments"][0]["content"]["body"]:
        assert "[click](" not in block["text"]
        assert "*bold*" not in block["text"].replace(r"\*", "")


def test_slacks_limits_hold_for_whatever_is_said_and_lines_stay_whole() -> None:
    lines = [NoteLine("N" * 200, "S" * 100, "https://tend.example.com/" + "t" * 80)] * 40
    said = write_note(a_note(title="T" * 1_000, lines=lines, button="B" * 200), ChatFormat.SLACK)
    assert len(said["blocks"][0]["text"]["text"]) == 150
    body = said["blocks"][1]["text"]["text"]
    assert len(body) <= 3_000
    assert body.count("<") == body.count(">")
    assert len(said["blocks"][2]["elements"][0]["text"]["text"]) == 75


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ("{format: slack, to: [nobody@example.com]}", "neither the email of a rep nor a team"),
        ("{format: discord, to: [Inbound]}", "slack"),
        ("{format: slack, to: []}", "at least one"),
        ("{format: slack, to: [Inbound], url: https://hooks.slack.com/x}", "url"),
    ],
)
def test_a_channel_that_cannot_work_is_refused(tmp_path: Any, channel: str, sentence: str) -> None:
    file = tmp_path / "playbook.yaml"
    file.write_text(f"{SHIPPED.read_text()}\nchat:\n  inbound: {channel}\n", encoding="utf-8")
    with pytest.raises(BadPlaybook, match=sentence):
        load(file)
