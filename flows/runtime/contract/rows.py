"""Rows that steps leave to the end of the turn: emails to queue and runs to start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models import MessageKind, OnCap


@dataclass(slots=True)
class NewMessage:
    """An email to queue: a row of the outbox."""

    key: str
    contact_id: int
    run_id: int
    kind: MessageKind
    template: str
    data: Mapping[str, Any]
    to_address: str | None = None
    task_id: int | None = None
    expires_after: float | None = None
    """Seconds after which it is not sent any more."""
    send_window: Mapping[str, str] | None = None
    on_cap: OnCap | None = None
    subject_template: str | None = None


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to start on another journey; a key that was used before starts none."""

    journey: str
    contact_id: int
    key: str
