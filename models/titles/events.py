"""What happened, and what is waited for, as people say it."""

from models.titles.words import in_words, lower_words

TITLES = {
    "activity_done": "Something was done outside",
    "asked_again": "Asked for a person again",
    "call_connected": "Talked on the phone",
    "call_tried": "Call tried",
    "consent_confirmed": "Confirmed that they want mail",
    "consent_given": "Agreed to mail",
    "contact_changed": "Fields were set",
    "contact_separated": "Separated from another contact again",
    "contacts_merged": "Merged with another contact",
    "details_changed": "Details changed",
    "form_submitted": "Filled in a form",
    "feedback_given": "Said how it goes",
    "feedback_settled": "Request for feedback settled",
    "follow_up_late": "Nobody answered in time",
    "journey_ended": "Journey ended by hand",
    "journey_started": "Journey started by hand",
    "lead_accepted": "Offer accepted",
    "lead_assigned": "Assigned to a salesperson",
    "lead_escalated": "Passed on, as nobody answered",
    "lead_lost": "Lead lost",
    "lead_imported": "Imported from a file",
    "lead_reopened": "Lead pursued again",
    "lead_placed": "A salesperson was found",
    "link_clicked": "Clicked a link",
    "mail_bounced": "Mail came back",
    "mail_clicked": "Clicked a link in a mail",
    "mail_delivered": "Mail was delivered",
    "mail_opened": "Opened a mail",
    "mql_level_changed": "Level changed",
    "note_added": "Note",
    "offer_exhausted": "Nobody took the offer",
    "offer_requested": "Asked for an offer",
    "opportunity_changed": "Deal changed",
    "opportunity_lost": "Deal lost",
    "opportunity_opened": "Deal opened",
    "opportunity_won": "Deal won",
    "order_cancelled": "Order cancelled",
    "order_placed": "Ordered",
    "order_refunded": "Money paid back",
    "other_name_given": "Another name was given",
    "owner_changed": "Owner changed",
    "page_visited": "Visited a page",
    "points_added": "Points given",
    "privacy_requested": "Asked about their data",
    "replied": "Answered by mail",
    "resubscribed": "Wants mail again",
    "score_fell": "Score fell below a threshold",
    "score_rose": "Score reached a threshold",
    "stage_reached": "Reached a stage",
    "suppressed": "Mail stopped",
    "suppression_lifted": "Mail allowed again",
    "task_delegated": "Task given to a colleague",
    "task_done": "Task reported on",
    "task_requested": "Task given",
    "task_snoozed": "Task put off",
    "turned_us_down": "Turned us down",
    "unsubscribed": "Unsubscribed",
}
"""Event -> what happened. An event of another system reads as it is called."""

AWAITED = {
    "activity_done": "it is done",
    "asked_again": "they ask for a person again",
    "call_connected": "somebody talks to them on the phone",
    "consent_confirmed": "they confirm that they want mail",
    "feedback_settled": "their owner says how it goes",
    "form_submitted": "they fill in a form",
    "lead_placed": "somebody is assigned",
    "link_clicked": "they click a link",
    "offer_exhausted": "nobody is left to ask",
    "offer_requested": "they ask for an offer",
    "order_cancelled": "they cancel an order",
    "order_placed": "they order",
    "order_refunded": "money is paid back",
    "page_visited": "they visit a page",
    "replied": "they answer by mail",
    "task_done": "the task is reported on",
    "turned_us_down": "they turn us down",
    "unsubscribed": "they unsubscribe",
}


def title_of_event(name: str, topic: str | None = None) -> str:
    """`Filled in a form: request info`; a topic that is the number of a row of ours says nothing, and is left out."""
    title = TITLES.get(name) or in_words(name)
    return f"{title}: {_topic(topic)}" if topic and not topic.isdigit() else title


def title_of_pattern(pattern: str) -> str:
    """The same of `form_submitted:request-info`, as rules name an event."""
    name, _, topic = pattern.partition(":")
    return title_of_event(name, topic or None)


def awaited(pattern: str) -> str:
    """What a run waits for: `task_done:7` becomes `the task is reported on`."""
    name, _, topic = pattern.partition(":")
    says = AWAITED.get(name) or lower_words(name)
    return f"{says}: {_topic(topic)}" if topic and not topic.isdigit() else says


def _topic(topic: str) -> str:
    """`article_1` and `request-info` as words; of a template, `offer_sequence/offer`, what it is called there."""
    return lower_words(topic.rpartition("/")[2]) if "://" not in topic and not topic.startswith("/") else topic
