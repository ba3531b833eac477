"""Ids that senders give their leads and events, and what programs write where they have none."""

import re

LONGEST_KEY = 200
NO_IDS = ("undefined", "nan", "[object object]", "0")
PLACEHOLDER = re.compile(r"^(\{\{.*\}\}|\$?\{.*\}|\[.*\]|<.*>|%.*%)$", re.DOTALL)
"""A field of a template that nobody filled in: {{lead_id}}, [id], %ID%."""


def is_no_id(text: str) -> bool:
    """Whether a program wrote this in place of an id that it does not have. As ids they would make all leads one."""
    return text.casefold() in NO_IDS or bool(PLACEHOLDER.search(text))
