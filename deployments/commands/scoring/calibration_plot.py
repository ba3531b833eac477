"""The calibration plot as a picture, for reports and slides; the page /prediction draws its own."""

from pathlib import Path
from typing import TYPE_CHECKING

from deployments.stack.command_error import CommandError

if TYPE_CHECKING:
    from models.prediction import TrainedModel

FILE_TYPES = (".png", ".svg", ".pdf")


def plot_calibration(trained: "TrainedModel", path: Path) -> None:
    """What was predicted against what happened, with the range of 95 of 100 cases, as PNG, SVG or PDF."""
    if path.suffix.lower() not in FILE_TYPES:
        raise CommandError(f"{path} was given for the plot; a file that ends in {', '.join(FILE_TYPES)} was expected.")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 6), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, label="true")
    for name, metrics, mark in (("random fifth", trained.random_test, "o"), ("newest fifth", trained.newest_test, "s")):
        if metrics:
            shares = [band.share for band in metrics.bands]
            around = [[band.share - band.interval[0] for band in metrics.bands]]
            around += [[band.interval[1] - band.share for band in metrics.bands]]
            expected = [band.expected for band in metrics.bands]
            auc = "" if metrics.auc is None else f", AUC {metrics.auc:.3f}"
            axes.errorbar(expected, shares, yerr=around, marker=mark, capsize=3, label=f"{name}{auc}")
    axes.set(xlabel="predicted", ylabel="bought", xlim=(0, 1), ylim=(0, 1), title="Of the leads, how many bought")
    axes.legend(loc="upper left", frameon=False)
    figure.savefig(path, dpi=150)
