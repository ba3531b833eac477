"""A trained model in the terminal: metrics, calibration as bars, main features, features left out."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from models.prediction import ModelCard, TrainedModel
    from models.prediction.evaluation import EvaluationMetrics

BAR_WIDTH = 30
NOT_MEASURED = "one outcome only"


def show_landmarks(card: "ModelCard", console: Console) -> None:
    """Print how good the model of each landmark day is, and which are used."""
    table = Table("days open", "leads", "bought", "AUC on the newest fifth", "", title="A model for each landmark day")
    for one in card.landmarks:
        newest, verdict = one.trained.newest_test, "used" if one in card.in_use else "not used"
        auc = auc_text(newest) if newest else NOT_MEASURED
        table.add_row(str(one.day), f"{one.trained.leads:,}", f"{one.trained.won:,}", auc, verdict)
    for day, why in card.too_few.items():
        table.add_row(str(day), "", "", "", why.partition(". A model")[0])
    console.print(table)
    console.print(
        f"Who buys within {card.horizon.days} days has bought. {card.undecided:,} leads are younger than that, not "
        "decided yet, and were not used.",
        highlight=False,
    )


def auc_text(metrics: "EvaluationMetrics") -> str:
    """`0.712 (0.602 to 0.801)`, or why there is none."""
    if metrics.auc is None or metrics.auc_interval is None:
        return NOT_MEASURED
    lowest, highest = metrics.auc_interval
    return f"{metrics.auc:.3f} ({lowest:.3f} to {highest:.3f})"


def show_metrics(trained: "TrainedModel", console: Console) -> None:
    """Print metrics on leads that the model was not trained on, and its calibration."""
    parts = {"a random fifth": trained.random_test, "the newest fifth": trained.newest_test}
    console.print(f"\n[bold]{trained.leads:,} decided leads[/], {trained.won:,} of them won.")
    table = Table("", *(f"on {name}" for name in parts), title="Leads that it has not seen", title_justify="left")
    for name, cells in _lines(list(parts.values())):
        table.add_row(name, *cells)
    console.print(table)
    for name, metrics in parts.items():
        if metrics:
            _bars(name, metrics, console)
    _left_out(trained, console)


def _lines(parts: list["EvaluationMetrics | None"]) -> list[tuple[str, list[str]]]:
    def cells(of: str, form: str) -> list[str]:
        held = (getattr(metrics, of) if metrics else None for metrics in parts)
        return [NOT_MEASURED if value is None else format(value, form) for value in held]

    return [
        ("leads", cells("leads", ",")),
        ("of them won", cells("won", ",")),
        ("AUC (0.5 is guessing)", [auc_text(metrics) if metrics else NOT_MEASURED for metrics in parts]),
        ("Brier score (smaller is better)", cells("brier", ".4f")),
        ("Brier score of guessing", cells("brier_of_guessing", ".4f")),
    ]


def _bars(name: str, metrics: "EvaluationMetrics", console: Console) -> None:
    table = Table("predicted", "bought", "of leads", "", title=f"Calibration on {name}", title_justify="left", box=None)
    for band in metrics.bands:
        bought, expected = round(BAR_WIDTH * band.share), round(BAR_WIDTH * band.expected)
        # Where the prediction is true, the bar ends at the mark.
        bar = ("█" * bought).ljust(BAR_WIDTH + 1)
        table.add_row(
            f"{band.expected:.0%}", f"{band.share:.0%}", f"{band.leads:,}", f"{bar[:expected]}│{bar[expected + 1 :]}"
        )
    console.print(table)
    console.print("[dim]█ bought, │ predicted[/]\n")


def _left_out(trained: "TrainedModel", console: Console) -> None:
    from models.prediction.evaluation import left_out_by_reason

    table = Table("Not looked at", "reason", box=None)
    for names, reason in left_out_by_reason(trained.left_out):
        table.add_row(names, reason)
    console.print(table)


def show_features(trained: "TrainedModel", console: Console) -> None:
    """The features that move leads most, with the levels that do it."""
    from models.prediction.evaluation import FEATURES_NOTE, main_features

    table = Table("Feature", "weight", "up", "down", title="\nMain features", title_justify="left")
    for line in main_features(trained.model):
        table.add_row(line.label, f"{line.weight:.2f}", "\n".join(line.up), "\n".join(line.down))
    console.print(table)
    console.print(f"[dim]{FEATURES_NOTE}[/]")
