"""Names in code as words, for whatever has no title of its own."""

import re

NAME = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*")
"""A name in code: `reading_list`, `request-info`. What people typed has blanks or capitals, and stays as it is."""

SHORT_FORMS = {
    **{"api": "API", "crm": "CRM", "csv": "CSV", "faq": "FAQ", "id": "ID", "pdf": "PDF", "sms": "SMS", "url": "URL"},
    **{"mgl": "MGL", "mql": "MQL", "sql": "SQL", "sal": "SAL", "sla": "SLA", "vip": "VIP", "ip": "IP"},
}


def in_words(name: str) -> str:
    """A name in code as words: `first_name` becomes `First name`, `request-info` `Request info`; text stays text."""
    words = lower_words(name)
    return words[:1].upper() + words[1:]


def lower_words(name: str) -> str:
    """The same within a sentence: `first name`."""
    if not NAME.fullmatch(name):
        # An address of a person or a page is no name in code.
        return name.strip() if "@" in name or "/" in name else name.replace("_", " ").strip()
    return " ".join(SHORT_FORMS.get(word, word) for word in re.split("[_-]", name))
