"""What a mail is called where its subject is not at hand: several may have been written by one template."""

import re
from functools import cache
from pathlib import Path

from models.titles.words import in_words

TEMPLATE_FOLDER = Path(__file__).parents[2] / "templates" / "mail"
SUBJECT = re.compile(r"\{%-?\s*block subject\s*-?%\}([^{}]+)\{%-?\s*endblock")
TITLE = re.compile(r"\{#-?\s*title:\s*(.+?)\s*-?#\}", re.IGNORECASE)


@cache
def title_of_mail(template: str) -> str:
    """Its subject where that is the same for everybody, a comment `{# title: … #}`, else the file's name in words.

    `template` is `journey/step`.
    """
    file = (TEMPLATE_FOLDER / f"{template}.html").resolve()
    text = file.read_text(encoding="utf-8") if file.is_relative_to(TEMPLATE_FOLDER) and file.is_file() else ""
    found = TITLE.search(text) or SUBJECT.search(text)
    return found[1].strip() if found else in_words(template.rpartition("/")[2])
