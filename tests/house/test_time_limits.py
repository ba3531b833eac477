"""A test that takes too long fails, and the run goes on: however busy the machine is, it comes to its end."""

import subprocess
import sys
from pathlib import Path

import pytest

SETTING = "timeout_func_only"
SLOW_REPORTS = "import time\ndef pytest_runtest_logreport(report): time.sleep(1.5)\n"
SLOW_TEST = "import time\ndef test_slow(): time.sleep(30)\ndef test_quick(): pass\n"


def run_pytest(folder: Path, setting: bool) -> str:
    (folder / "conftest.py").write_text(SLOW_REPORTS)
    (folder / "test_speed.py").write_text(SLOW_TEST)
    (folder / "pytest.ini").write_text(f"[pytest]\ntimeout = 1\n{SETTING} = {str(setting).lower()}\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-q"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_time_limits_are_those_of_the_tests_themselves(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    said = run_pytest(tmp_path, bool(pytestconfig.getini(SETTING)))
    assert "INTERNALERROR" not in said
    assert "1 failed, 1 passed" in said


def test_otherwise_a_slow_report_would_end_the_run(tmp_path: Path) -> None:
    assert "INTERNALERROR" in run_pytest(tmp_path, False)
