"""What a contact's page says after a form was saved, by the code in its address: no other text stands there."""

DONE = {
    "note": "The note is saved.",
    "call": "The call is logged.",
    "report": "The call is reported on the task that asked for it.",
    "task": "The task is given. Whoever does it gets a mail within seconds.",
    "fields": "The fields are saved.",
    "stage": "The stage is set.",
    "owner": "The lead has a new owner, and open tasks moved along.",
    "journey": "The journey is started. Its first step is taken within seconds.",
    "end-journey": "The journey is ended.",
    "order": "The order is recorded. It stands on the page within seconds.",
    "refund": "The refund is recorded. It stands on the order within seconds.",
    "qualify": "What was found out is saved.",
    "mail": "Saved what mail they get.",
}
"""Code -> the sentence."""
