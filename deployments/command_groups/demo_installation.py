"""The demo is an installation of its own, beside yours."""

import os


def use_demo() -> None:
    """Work on the demo's installation. To be called before anything is imported that asks where the state lies."""
    os.environ["TEND_DEMO"] = "1"
