"""What journeys, mails, tasks, steps and events are called where people read of them."""

from models.titles.events import awaited, title_of_event, title_of_pattern
from models.titles.journeys import title_of_journey, with_journey_titles
from models.titles.mails import title_of_mail
from models.titles.steps import is_named_by_events, title_of_step, waited_for
from models.titles.tasks import title_of_task
from models.titles.words import in_words

__all__ = [
    "awaited",
    "in_words",
    "is_named_by_events",
    "title_of_event",
    "title_of_journey",
    "title_of_mail",
    "title_of_pattern",
    "title_of_step",
    "title_of_task",
    "waited_for",
    "with_journey_titles",
]
