"""Deliver notes by chat: the mails to colleagues whose channel the playbook names are posted there as well."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy import Row, RowMapping

from blocks.chat_webhook import BadWebhook, PostResult, WebhookTarget, post_note, resolve
from blocks.outbox import SELECT_MESSAGES
from flows.operations.mail.deliver_messages import draft_of, withheld_reason
from flows.private_flow import flow
from models import MessageKind
from models.access.demo import is_demo
from models.access.token import signing_key
from models.chat.note import Note, NoteLine, write_note
from models.chat.outbox import claim_note, queue_notes, record_note, retry_at, webhook_address
from models.database import engine
from models.mail.rendering.email import EmailDraft, RenderContext, render_email, render_page, task_url
from models.mail.rendering.links import links_to
from models.playbook import Playbook, current_playbook
from models.tables.message import NoteState

MOST_AT_ONCE = 200
MOST_SILENCES = 3
"""Posts of a channel without an answer, after which the others go first: each takes its time."""
OWN_MAIL = "Whoever it is for opens it from their own mail."
PREHEADER = re.compile(r'<div class="preheader"[^>]*>(.*?)</div>', re.DOTALL)
FILLER = re.compile("[\u034f\u200c\u2007]+")
"""What keeps the text of a mail away from the line beside its subject."""

Resolve = Callable[[str], WebhookTarget]


@flow(name="deliver-chat", flow_run_name="post notes to chats")
async def deliver_chat() -> State[None]:
    """Post the notes that are due to the chats that the playbook names: tasks, offers, reminders, morning digests.

    Each is posted once. What the other side has not taken is tried again after growing pauses; what it may have taken
    is not. The addresses of the webhooks stand in the environment, TEND_CHAT_ and the channel's name.
    """
    done = await asyncio.to_thread(deliver_notes_now, lambda: datetime.now(UTC))
    return Completed(message=", ".join(f"{count} {state}" for state, count in sorted(done.items())) or "nothing is due")


def deliver_notes_now(clock: Callable[[], datetime], find: Resolve = resolve) -> Counter[str]:
    """Post what is due; how many notes came to which state."""
    done: Counter[str] = Counter()
    silences: Counter[str] = Counter()
    with engine().begin() as connection:
        playbook = current_playbook(connection)
        queue_notes(connection, playbook, clock())
    while done.total() < MOST_AT_ONCE:
        with engine().begin() as connection:
            silent = [channel for channel, count in silences.items() if count >= MOST_SILENCES]
            claimed = claim_note(connection, clock(), without=silent)
        if claimed is None:
            break
        state, is_silent = _deliver(claimed, playbook, clock, find)
        done[state] += 1
        silences[claimed.channel] += is_silent
    return done


def _deliver(claimed: Row[Any], playbook: Playbook, clock: Callable[[], datetime], find: Resolve) -> tuple[str, bool]:
    """Post a note that is claimed, and write down what came of it; gives its state, and whether no answer came."""
    result = _post(claimed, playbook, clock(), find)
    now, due_at = clock(), None
    if isinstance(result, str):
        state, reason = NoteState.LEFT_OUT, result
    else:
        reason = result.reason or ""
        due_at = retry_at(claimed.tries, now, result.retry_after) if result.may_retry else None
        state = _state(result, may_retry=due_at is not None)
    with engine().begin() as connection:
        record_note(connection, claimed.id, state, now, reason=reason or None, due_at=due_at)
    return state.value, isinstance(result, PostResult) and result.is_silent


def _state(result: PostResult, *, may_retry: bool) -> NoteState:
    if result.is_sent:
        return NoteState.SENT
    if result.is_unknown:
        return NoteState.UNKNOWN
    return NoteState.QUEUED if may_retry else NoteState.FAILED


def _post(claimed: Row[Any], playbook: Playbook, now: datetime, find: Resolve) -> PostResult | str:
    """What the other side said; or, as a text, why nothing was posted because it is over."""
    channel = playbook.chat.get(claimed.channel)
    if channel is None:
        return "the channel is no longer in the playbook"
    address = webhook_address(claimed.channel)
    if address is None:
        return PostResult(reason=f"TEND_CHAT_{claimed.channel.upper()} is not set, where its address would stand")
    if is_demo():
        return "the demo posts nothing to real chats"
    if playbook.mail.test_address:
        return "in test mode nothing is posted to chats"
    with engine().connect() as connection:
        row = connection.execute(SELECT_MESSAGES, {"ids": [claimed.message_id]}).mappings().one_or_none()
    if row is None or (reason := withheld_reason(row, now)):
        return reason if row is not None and reason else "its mail is gone"
    try:
        target = find(address)
        body = write_note(_note(row, playbook, now, has_links=channel.is_personal), channel.format)
    except BadWebhook as error:
        return PostResult(reason=str(error))
    except Exception as error:
        return PostResult(reason=f"its mail cannot be filled in: {type(error).__name__}")
    return post_note(target, body, signing_key(), now)


def _note(row: RowMapping, playbook: Playbook, now: datetime, *, has_links: bool) -> Note:
    """The note that says what the mail says. Its links let whoever has them act as the one that the mail is for."""
    context = RenderContext(playbook=playbook, links=links_to(playbook.company.website), at=now, own_tracking=False)
    draft = draft_of(row)
    label, url = _button(draft, context)
    found = PREHEADER.search(render_page(draft, context))
    aside = " ".join(FILLER.sub("", unescape(found[1])).split()) if found else ""
    names = {rep.email.lower(): rep.name for _, rep in playbook.reps()}
    whose = names.get(draft.to_address.lower(), draft.to_address)
    lines = [_line(line, context, has_links=has_links) for line in draft.data.get("lines", ())]
    words = f"For {whose}. {aside}" if has_links else f"For {whose}. {aside} {OWN_MAIL}"
    return Note(render_email(draft, context).subject, words, lines, label, url if has_links else None)


def _button(draft: EmailDraft, context: RenderContext) -> tuple[str, str]:
    """What the button of the mail says, and where it leads."""
    if draft.kind == MessageKind.TASK:
        return "Report the outcome", task_url(draft, context)
    if path := draft.data.get("work"):
        return "My work", context.links.page(path)
    return "Take it or leave it", context.links.page(draft.data["path"])


def _line(line: Mapping[str, Any], context: RenderContext, *, has_links: bool) -> NoteLine:
    who = f"{line['who']}, {line['company']}" if line.get("company") else line["who"]
    late = f", late by {line['late']}" if line.get("late") else ""
    says = f"{line['what']}, due {line.get('due') or line['was_due']}{late}"
    return NoteLine(who, says, context.links.page(line["path"]) if has_links else None)
