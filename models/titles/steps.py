"""What a step of a journey is called: by what it does where the journey gave it no name of its own."""

import re

from models.titles.events import awaited
from models.titles.mails import title_of_mail
from models.titles.tasks import title_of_task
from models.titles.words import in_words, lower_words

WAITING_VERBS = ("wait", "wait_until", "wait_for")
EVENT_NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+(?::\S+)?|[a-z]+:\S+|replied|unsubscribed")
"""A pattern of events, as a step that waits is named by default."""


def title_of_step(verb: str, name: str, journey: str = "") -> str:
    """`they click a link or they answer by mail`, of a step named `link_clicked or replied`."""
    if verb == "send":
        return title_of_mail(f"{journey}/{name}")
    if verb == "task":
        return title_of_task(name)
    if verb in WAITING_VERBS:
        return waited_for(name)
    return in_words(name)


def waited_for(name: str) -> str:
    """What a run waits at, within a sentence: a step's own name, or the events that it is named by."""
    if is_named_by_events(name):
        return " or ".join(awaited(part) for part in name.split(" or "))
    return lower_words(name)


def is_named_by_events(name: str) -> bool:
    """Whether a step that waits has no name of its own but that of the events."""
    return all(EVENT_NAME.fullmatch(part) for part in name.split(" or "))
