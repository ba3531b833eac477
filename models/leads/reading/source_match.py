"""Finds the source that a sender names, and the rules for senders that the playbook does not name. Pure."""

from collections import defaultdict

from models.playbook.document import Playbook
from models.playbook.source import CONTACT_DETAILS, Source, normalize_name
from models.values.readers.bad_value import quote_value
from models.values.sanitize import escape_unstorable

LONGEST_SOURCE = 50
UNKNOWN_SOURCE = "unknown: {}"
"""How the source of a lead is called that the playbook does not name: it is none of ours, whatever was sent."""


class UnknownSource(LookupError):
    """A lead of a source that the playbook does not name."""

    def __init__(self, found: str, playbook: Playbook) -> None:
        self.known = sorted(playbook.sources)
        super().__init__(f"There is no source {quote_value(found)}. Known sources are: {', '.join(self.known)}.")


def find_source(name: str, playbook: Playbook) -> Source:
    """The rules of a source, or UnknownSource."""
    if name not in playbook.sources:
        raise UnknownSource(name, playbook)
    return playbook.sources[name]


def match_source(sent: str, playbook: Playbook) -> tuple[str, Source]:
    """The source that a sender names, by its name or label in any spelling; else the rules for an unknown one."""
    if sent in playbook.sources:
        return sent, playbook.sources[sent]
    wanted = normalize_name(sent)
    for name, source in playbook.sources.items():
        if wanted in (normalize_name(name), normalize_name(source.label)):
            return name, source
    plain = " ".join(escape_unstorable(sent).split())[:LONGEST_SOURCE]
    return (UNKNOWN_SOURCE.format(plain) if plain else "unknown"), _rules_of_all(playbook)


def is_named(source: str) -> bool:
    """Whether a lead's source is one of the playbook's."""
    return source.partition(":")[0] != "unknown"


def _rules_of_all(playbook: Playbook) -> Source:
    """Rules by which any source is understood: the names that mean one field, whichever source uses them.

    Anybody can think up a name of a source, so it sets no more than the public ones may.
    """
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for source in playbook.sources.values():
        if source.event:  # what an order calls its name is no person's
            continue
        for field, sender_names in source.fields.items():
            for name in sender_names:
                meanings[normalize_name(name)].add(field)
    public = {field for source in playbook.sources.values() if source.is_public for field in source.fields}
    fields: dict[str, tuple[str, ...]] = dict.fromkeys(public, ())
    for name, (field, *others) in meanings.items():
        if not others and (field in public or field in CONTACT_DETAILS):
            fields[field] = (*fields.get(field, ()), name)
    return Source(label="Unknown source", fields=fields)
