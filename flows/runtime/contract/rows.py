"""Rows that steps leave to the end of the turn: emails to queue and runs to start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models import MessageKind, OnCap


@dataclass(slots=True)
class NewMessage:
    """A row of the outbox."""

    key: str
    contact_id: int
    run_id: int
    kind: MessageKind
    template: str
    data: Mapping[str, Any]
    to_address: str | None = None
    task_id: int | None = None
    expires_after: float | None = None
    """Seconds after which it is too late."""
    send_window: Mapping[str, str] | None = None
    on_cap: OnCap | None = None
    subject_template: str | None = None


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to begin on another journey."""

    journey: str
    contact_id: int
    key: str
