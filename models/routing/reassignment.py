"""What became of leads that were reassigned, as numbers and in sentences."""

from collections import Counter
from dataclasses import dataclass, field

from models.wording import counted, number


@dataclass
class ReassignmentResult:
    """What became of the leads."""

    assigned: dict[int, str] = field(default_factory=dict)
    """Contact -> its new owner's name."""
    had: dict[int, str] = field(default_factory=dict)
    """Contact -> the name of whoever had it before; nobody's leads are not in it."""
    pending: list[int] = field(default_factory=list)
    """Nobody can have them now: they wait, or are being offered, and stay where they are until then."""
    unchanged: dict[int, str] = field(default_factory=dict)
    """Contact -> why it stays."""
    tasks: int = 0
    """Open tasks that moved along."""
    kept_tasks: int = 0
    """Open tasks about leads that moved, which stay with colleagues who were asked for them."""

    @property
    def owners(self) -> tuple[str, str]:
        """Who had those that were assigned, and who has them now; with numbers where they are several."""
        before = Counter(self.had.get(contact, "nobody") for contact in self.assigned)
        return _counted(before), _counted(Counter(self.assigned.values()))

    def sentences(self, *, planned: bool = False) -> str:
        """What became of the leads, or of a plan what would, for people."""
        go, wait, stay = (
            ("would go", "would have to wait", "would stay") if planned else ("went", "had to wait", "stayed")
        )
        receivers = ", ".join(
            f"{number(count)} to {name}" for name, count in Counter(self.assigned.values()).most_common()
        )
        said = [
            (len(self.assigned), "lead", f"{go}: {receivers}. Each new owner gets one mail."),
            (self.tasks, "open task", f"{go} along."),
            (self.kept_tasks, "open task", f"{stay} with colleagues who were asked for them."),
            (len(self.pending), "lead", f"{wait} until somebody is available."),
            *((count, "lead", f"{stay}: {reason}.") for reason, count in Counter(self.unchanged.values()).items()),
        ]
        return (
            " ".join(f"{counted(count, what)} {rest}" for count, what, rest in said if count)
            or "There is no such lead."
        )

    def __str__(self) -> str:
        counts = (
            (len(self.assigned), "moved"),
            (len(self.pending), "waiting for somebody"),
            (len(self.unchanged), "left"),
        )
        leads = ", ".join(f"{count} {what}" for count, what in counts if count) or "none to move"
        return f"leads: {leads}; {self.tasks} open {'task' if self.tasks == 1 else 'tasks'} moved along"


def _counted(names: Counter[str]) -> str:
    if len(names) == 1:
        return next(iter(names))
    return ", ".join(f"{name} ({number(count)})" for name, count in names.most_common())
