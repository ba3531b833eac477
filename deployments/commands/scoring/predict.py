"""`tend predict`: trains the model that predicts who buys, shows how good it is, and keeps it if it beats guessing."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console

from deployments.commands.scoring.model_card import show_features, show_landmarks, show_metrics
from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database

if TYPE_CHECKING:
    from models.prediction import ModelCard, TrainedModel

Result = TypeVar("Result")
BY_HAND = "left out by hand"
KEPT = "The model is kept. The flow predict-leads applies it each night; its page is at /prediction."
NOT_KEPT = (
    "The model is not kept: on the newest fifth it does not beat guessing by more than luck, or its AUC is below 0.60. "
    "--keep keeps it all the same."
)


def read_leave_out(text: str) -> dict[str, str]:
    """`Tags=filled after the call, Lead Quality` as column -> why."""
    parts = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip(): reason.strip() or BY_HAND for name, _, reason in parts}


def train_on_own_leads(leave_out: Mapping[str, str], keep: bool, plot: Path | None, console: Console) -> None:
    """Train on the leads in the database of this installation."""
    use_database()
    card = _with_status(console, lambda say: _train_own(leave_out, keep, say))
    show_landmarks(card, console)
    reference = card.reference
    console.print(f"\n[bold]The model of day {reference.day}[/]")
    show_metrics(reference.trained, console)
    show_features(reference.trained, console)
    console.print("\n[bold]Proposed points[/] for the playbook's section scoring, compared with the average lead:\n")
    console.print(card.proposed_rules, markup=False, highlight=False, soft_wrap=True)
    _plot(reference.trained, plot, console)
    _keep(card, console)


def train_on_file(
    path: Path, target: str, leave_out: Mapping[str, str], time: str | None, plot: Path | None, console: Console
) -> None:
    """Try it on a file. Nothing is kept."""
    trained = _with_status(console, lambda say: _train_file(path, target, leave_out, time, say))
    show_metrics(trained, console)
    show_features(trained, console)
    _plot(trained, plot, console)
    console.print("Nothing is kept: this was a file.")


def _train_own(leave_out: Mapping[str, str], keep: bool, say: Callable[[str], None]) -> "ModelCard":
    from models.database import engine
    from models.playbook import current_playbook
    from models.prediction import train_on_history

    with engine().connect() as connection:
        return train_on_history(connection, current_playbook(connection), leave_out, datetime.now(UTC), say, keep=keep)


def _train_file(
    path: Path, target: str, leave_out: Mapping[str, str], time: str | None, say: Callable[[str], None]
) -> "TrainedModel":
    from models.prediction import read_table, train

    say(f"reading {path.name}")
    return train(read_table(path, target, leave_out, time), say)


def _with_status(console: Console, work: Callable[[Callable[[str], None]], Result]) -> Result:
    """Do it, and say meanwhile what is being done; what the reader can mend is one sentence."""
    from models.playbook import NoPlaybook
    from models.prediction import InvalidTable, MissingLibrary, TooFewLeads, UnknownColumn

    try:
        with console.status("beginning …") as status:
            return work(lambda doing: status.update(f"{doing} …"))
    except (InvalidTable, MissingLibrary, NoPlaybook, TooFewLeads, UnknownColumn) as error:
        raise CommandError(str(error)) from None


def _plot(trained: "TrainedModel", plot: Path | None, console: Console) -> None:
    if plot:
        from deployments.commands.scoring.calibration_plot import plot_calibration

        plot_calibration(trained, plot)
        console.print(f"The calibration plot is in {plot}.")


def _keep(card: "ModelCard", console: Console) -> None:
    from models.database import engine
    from models.prediction import store_model_card

    if not card.in_use:
        console.print(f"[yellow]{NOT_KEPT}[/]")
        return
    with engine().begin() as connection:
        store_model_card(connection, card)
    console.print(f"[green]{KEPT}[/]")
