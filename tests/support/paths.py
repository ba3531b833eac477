"""Where the checkout is, and the data that lies beside it on machines that have it."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
"""Real data and payloads, never in the repository: a test that reads them skips where the folder is missing."""
