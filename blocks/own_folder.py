"""What libraries are told before they are imported: to send nothing about us, and to write into `.tend/` alone.

`blocks`, `flows` and `deployments` say it as they are imported, so no command and no process of ours is left out. It
stands here because nothing below it knows Prefect. What the user set themselves stays.
"""

import contextlib
import os
from pathlib import Path

STATE = Path(__file__).resolve().parents[1] / ".tend"
PREFECT = STATE / "prefect"


def keep_to_own_folder() -> None:
    """Say it by the environment, which processes that are started from here get as well."""
    settings = {
        # Prefect would report on commands in a terminal, and make ~/.prefect.
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_HOME": str(PREFECT),
        # For what it knows of the machine's fonts.
        "MPLCONFIGDIR": str(STATE / "matplotlib"),
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    if os.environ["PREFECT_HOME"] == str(PREFECT):
        # Prefect makes no folder above its own. Where it may not be made, it says so itself.
        with contextlib.suppress(OSError):
            PREFECT.mkdir(mode=0o700, parents=True, exist_ok=True)
