"""What sources cost, as files of ad platforms and of people say it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from models.kpi.contribution.spend import MonthSpend
from models.leads.files.csv_file import InvalidCsvFile
from models.leads.files.spend_file import SpendFile, read_month, read_spend_file
from models.values.readers.bad_value import BadValue

TODAY = date(2026, 11, 30)
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


def read(folder: Path, text: str | bytes, source: str | None = None, country: str = "US") -> SpendFile:
    path = folder / "spend.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_spend_file(path, source, country=country, currency="USD", today=TODAY)


def spent(found: SpendFile) -> list[tuple[str, date, str, str]]:
    return [(one.source, one.month, one.currency, str(one.amount)) for one in found.months]


def test_a_plain_table_of_ones_own(tmp_path: Path) -> None:
    found = read(
        tmp_path, "source,month,amount,currency\ngoogle,2026-09,100,EUR\ngoogle,2026-10,120.5,\nfair,10/2026,80,USD\n"
    )
    assert spent(found) == [
        ("fair", OCTOBER, "USD", "80.00"),
        ("google", SEPTEMBER, "EUR", "100.00"),
        ("google", OCTOBER, "USD", "120.50"),
    ]
    assert (found.rows, found.remarks) == (3, ())


def test_a_report_by_day_and_campaign_adds_up_to_months_and_its_totals_are_left_out(tmp_path: Path) -> None:
    text = """Campaign report
"September 1, 2026 - October 31, 2026"
Day,Campaign,Currency code,Cost,Clicks
2026-09-30,Search,EUR,"1,200.50",90
2026-10-01,Search,EUR,10.00,5
2026-10-01,Brand,EUR, --,0
Total: Campaigns, --, --,"1,210.50",95
Total: Account, --, --,"1,210.50",95
"""
    found = read(tmp_path, text, "google-ads")
    assert spent(found) == [("google-ads", SEPTEMBER, "EUR", "1200.50"), ("google-ads", OCTOBER, "EUR", "10.00")]
    assert found.remarks == ("2 rows of totals left out.",)


def test_the_currency_stands_in_the_name_of_the_column_and_the_sum_in_a_row_without_a_name(tmp_path: Path) -> None:
    text = """Reporting starts,Reporting ends,Campaign name,Amount spent (AUD),Impressions
2026-09-01,2026-09-30,,1890.50,78000
2026-09-01,2026-09-30,Flu,"1,250.50",48000
2026-09-01,2026-09-30,Packs,640.00,30000
"""
    assert spent(read(tmp_path, text, "meta")) == [("meta", SEPTEMBER, "AUD", "1890.50")]


def test_an_unnamed_campaign_that_is_no_sum_counts(tmp_path: Path) -> None:
    text = "Day,Campaign name,Spend\n2026-09-01,,5\n2026-09-01,a,7\n2026-09-02,b,9\n"
    assert spent(read(tmp_path, text, "x")) == [("x", SEPTEMBER, "USD", "21.00")]


def test_tabs_utf_16_and_lines_before_the_header(tmp_path: Path) -> None:
    title = "Campaign Performance Report\nReport Start: September 1, 2026\n\n"
    text = title + "Start Date (in UTC)\tAccount Name\tTotal Spent\n9/3/2026\tAcme\t12.25\n"
    assert spent(read(tmp_path, text.encode("utf-16"), "linkedin")) == [("linkedin", SEPTEMBER, "USD", "12.25")]


def test_semicolons_and_decimal_commas_of_another_country(tmp_path: Path) -> None:
    text = "Monat;Quelle;Kosten\nSep 2026;Messe;1.234,50 €\nOktober 2026;Messe;99,90\n"
    found = read(tmp_path, text, country="DE")
    assert spent(found) == [("Messe", SEPTEMBER, "EUR", "1234.50"), ("Messe", OCTOBER, "USD", "99.90")]


def test_credits_are_taken_off_and_a_month_below_nothing_is_refused(tmp_path: Path) -> None:
    text = "source,day,amount\ngoogle,2026-09-01,100\ngoogle,2026-09-20,({})\n"
    assert spent(read(tmp_path, text.format("30"))) == [("google", SEPTEMBER, "USD", "70.00")]
    with pytest.raises(InvalidCsvFile, match=r"google would have cost -30\.00 USD in 2026-09"):
        read(tmp_path, text.format("130"))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("google,2026-09,a lot", "row 3: 'a lot' was found, an amount such as 4800, 190.00 or 190.00 EUR was expected"),
        ("google,soon,10", "row 3: 'soon' was found, a month such as 2026-03, or a day was expected"),
        (",2026-09,10", "row 3: '' was found, the name of a source was expected"),
        ("google,2027-01,10", "row 3: '2027-01' was found, a month that has begun by 30 Nov 2026 was expected"),
        ("google,2026-09,10 XXQ", "row 3: '10 XXQ' was found"),
    ],
)
def test_a_row_that_cannot_be_read_keeps_the_whole_file_out(tmp_path: Path, rows: str, sentence: str) -> None:
    with pytest.raises(InvalidCsvFile) as caught:
        read(tmp_path, f"source,month,amount\ngoogle,2026-09,10\n{rows}\n")
    assert sentence in str(caught.value)
    assert "a part of a month's spend would look like all of it" in str(caught.value)


def test_an_unknown_code_of_a_currency_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidCsvFile, match="'XQQ' was found, the code of a currency such as USD was expected"):
        read(tmp_path, "source,month,amount,currency\ngoogle,2026-09,10,XQQ\n")


@pytest.mark.parametrize("header", ["Reporting starts,Reporting ends,Spend", "Week,Campaign,Spend"])
def test_days_of_two_months_in_one_row_are_not_guessed(tmp_path: Path, header: str) -> None:
    with pytest.raises(InvalidCsvFile, match="days of one month"):
        read(tmp_path, f"{header}\n2026-09-28,2026-10-04,70\n", "meta")
    assert read(tmp_path, f"{header}\n2026-09-07,2026-09-13,70\n", "meta").months[0].amount == 70


def test_many_bad_rows_are_counted_and_the_first_ones_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidCsvFile, match=r"row 6: .*And 3 more rows\."):
        read(tmp_path, "source,month,amount\n" + 8 * "google,soon,1\n")


def test_a_file_without_what_is_needed_says_what(tmp_path: Path) -> None:
    with pytest.raises(InvalidCsvFile, match="no columns for the month and what it cost"):
        read(tmp_path, "name,email\nann,ann@example.com\n")
    with pytest.raises(InvalidCsvFile, match="--source NAME"):
        read(tmp_path, "month,amount\n2026-09,1\n")
    with pytest.raises(InvalidCsvFile, match="is empty"):
        read(tmp_path, "")
    with pytest.raises(InvalidCsvFile, match="cannot be read"):
        read_spend_file(tmp_path / "missing.csv", today=TODAY)


@pytest.mark.parametrize(
    "written",
    ["2026-09", "2026/09", "09/2026", "9/2026", "Sep 2026", "September, 2026", "202609", "2026-09-30", "9/30/2026",
     "2026-09-01 00:00:00", "2026-09-01T00:00:00Z", "30 September 2026", "Sept. 2026"],
)  # fmt: skip
def test_a_month_is_read_however_it_is_written(written: str) -> None:
    assert read_month(written) == SEPTEMBER


@pytest.mark.parametrize("written", ["", "2026", "13/2026", "2026-13", "Smarch 2026", "next month", "45000"])
def test_what_names_no_month_is_refused(written: str) -> None:
    with pytest.raises(BadValue):
        read_month(written)


def test_rows_of_one_month_are_one(tmp_path: Path) -> None:
    found = read(tmp_path, "source,month,amount\n" + 3 * "fair,2026-09,0.10\n")
    assert found.months == (MonthSpend("fair", SEPTEMBER, "USD", Decimal("0.30")),)
