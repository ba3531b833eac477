"""What stands in the data of events and steps, as a person reads it: names as titles, without the numbers of rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.playbook import Playbook
from models.titles import in_words, title_of_mail
from models.titles.words import NAME
from web.contacts.acts.forms import STAGE_TITLES
from web.frame.words import label, plain

HIDDEN = frozenset(
    {
        *("by", "id", "task", "run", "merge", "feedback", "request", "placement", "message", "inbound", "opportunity"),
        *("amount_sent", "refunded_sent", "happened_at", "key", "to", "name", "until", "is_machine"),
    }
)
"""Numbers of rows, and what stands in the heading already."""


@dataclass(frozen=True)
class ReadableData:
    """The titles of what the playbook names."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    """Of tasks."""
    products: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, playbook: Playbook) -> "ReadableData":
        """Those of a playbook."""
        return cls(
            {name: kind.title for name, kind in playbook.tasks.all_kinds.items()},
            {product.code: product.name for product in playbook.products},
            {name: one.label for name, one in playbook.fields.items() if one.label},
        )

    def name(self, name: str) -> str:
        """What a field is called."""
        return self.fields.get(name) or label(name)

    def value(self, name: str, value: Any) -> Any:
        """The value of a field as it reads; what has no title stays as it is."""
        if isinstance(value, dict):
            return {self.name(part): self.value(part, held) for part, held in value.items()}
        if not isinstance(value, str):
            return value
        match name:
            case "kind" if value in self.kinds:
                return self.kinds[value]
            case "product" if value in self.products:
                return self.products[value]
            case "stage" if value in STAGE_TITLES:
                return STAGE_TITLES[value]  # type: ignore[index]
            case "template" if "/" in value:
                return title_of_mail(value)
        is_name = NAME.fullmatch(value) and value[0].isalpha() and ("_" in value or "-" in value)
        return in_words(value) if is_name else value

    def details(self, data: Mapping[str, Any], *, without: frozenset[str] = HIDDEN) -> dict[str, Any]:
        """Data by what its parts are called, without what says nothing to a person."""
        shown = {name: value for name, value in data.items() if name not in without and not name.endswith("_id")}
        return {self.name(name): self.value(name, value) for name, value in shown.items()}

    def facts(self, fact: Mapping[str, Any]) -> dict[str, Any]:
        """What decided a step."""
        event = {"event": fact["event"]} if "event" in fact else {}
        kept = {"how": "as before"} if fact.get("kept") is True else {}
        left_out = HIDDEN - {"name"} | {"kept", "event"}
        shown = {name: value for name, value in fact.items() if name not in left_out and not name.endswith("_id")}
        return event | {name: self.value(name, value) for name, value in shown.items()} | kept

    def changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        """What was changed: `City: Austin → Dallas`, `Stage: marketing qualified → sales accepted`."""
        return "; ".join(
            f"{self.name(name)}: {plain(self.value(name, old))} → {plain(self.value(name, after.get(name)))}"
            for name, old in before.items()
        )
