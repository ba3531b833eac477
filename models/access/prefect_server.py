"""Whose Prefect server it is that answers: a stranger's on the same port must not be taken for ours."""

import os
from collections.abc import Mapping

INSTALLATION = "TEND_INSTALLATION"
"""The variable that names this installation; unset where Prefect is somebody else's to run."""
INSTALLATION_HEADER = "tend-installation"
"""With this header `./tend up` has its server answer."""


def is_ours(headers: Mapping[str, str]) -> bool:
    """Whether an answer with these headers comes from the server of this installation, or may."""
    expected = os.environ.get(INSTALLATION)
    return not expected or headers.get(INSTALLATION_HEADER) == expected
