"""Who gets notes by chat: the channels of Slack or Teams, whose notes go there, and of which kinds."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.playbook.section import Section, Text


class ChatFormat(StrEnum):
    """What the other side of the webhook understands."""

    SLACK = "slack"
    """Block Kit, by an incoming webhook; Mattermost and Rocket.Chat read it too."""
    TEAMS = "teams"
    """An Adaptive Card, by a workflow that posts to a chat or channel when a webhook request is received."""


class NoteKind(StrEnum):
    """What a note is about."""

    TASK = "task"
    """A new task, or one that moved to somebody."""
    OFFER = "offer"
    """A lead that is offered."""
    REMINDER = "reminder"
    """Tasks that are late."""
    DIGEST = "digest"
    """What is late and due, in the morning."""


class ChatChannel(Section):
    """One webhook. Its address is a secret, so it stands in the environment: TEND_CHAT_ and the channel's name."""

    format: ChatFormat
    to: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Whose notes go there: emails of salespeople, or names of teams."""
    notes: tuple[NoteKind, ...] = tuple(NoteKind)

    @property
    def is_personal(self) -> bool:
        """Whether it is for one salesperson by their address: only there notes have links, which act as that person.

        What a team reads is read by colleagues and guests too.
        """
        return len(self.to) == 1 and "@" in self.to[0]


ChannelName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
