"""The command that imports what sources cost: said in a table, stored whole, and counted by the next run."""

from pathlib import Path

import pytest
from rich.console import Console

from deployments.command_line import main
from deployments.commands.import_spend import import_spend
from deployments.stack.command_error import CommandError
from tests.support.contribution import a_lead
from tests.support.database import rows
from tests.support.playbook import apply_playbook

STORED = "SELECT source, to_char(month, 'YYYY-MM'), currency, amount FROM source_spend ORDER BY 1, 2"


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()


def a_file(folder: Path, text: str) -> Path:
    path = folder / "spend.csv"
    path.write_text(text)
    return path


def run(path: Path, source: str | None = None) -> str:
    console = Console(record=True, width=100)
    import_spend(path, source, console)
    return console.export_text()


def test_what_was_stored_is_said_and_a_source_without_leads_is_named(tmp_path: Path) -> None:
    a_lead("ann@example.com", source="fair")
    said = run(a_file(tmp_path, "source,month,amount\nFair,2026-09,100\nWebsite,2026-09,50\ngogle,2026-10,20\n"))
    assert rows(STORED) == [
        ("Fair", "2026-09", "USD", 100),
        ("Website", "2026-09", "USD", 50),
        ("gogle", "2026-10", "USD", 20),
    ]
    assert "2026-10 to 2026-10" in said
    assert "No lead has come from 'gogle'" in said
    assert "Sources with leads: fair." in said
    assert "'Fair'" not in said
    assert "It counts from the next run of the report on" in said


def test_a_second_file_replaces_the_months_that_it_has(tmp_path: Path) -> None:
    run(a_file(tmp_path, "month,amount\n2026-09,100\n2026-10,70\n"), "google")
    run(a_file(tmp_path, "month,amount\n2026-10,80\n"), "google")
    assert rows(STORED) == [("google", "2026-09", "USD", 100), ("google", "2026-10", "USD", 80)]


def test_a_bad_row_stores_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="row 3: 'much' was found"):
        run(a_file(tmp_path, "source,month,amount\nfair,2026-09,1\nfair,2026-10,much\n"))
    assert rows(STORED) == []


def test_what_belongs_to_leads_is_refused_for_spend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(a_file(tmp_path, "source,month,amount\nfair,2026-09,1\n"))
    monkeypatch.setattr("sys.argv", ["tend", "import", path, "--kind", "spend", "--form", "guide"])
    with pytest.raises(SystemExit):
        main()
    assert "spend has none of them" in capsys.readouterr().err
    assert rows(STORED) == []
