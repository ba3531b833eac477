"""What exports of other systems call the parts of a deal, and how they write days and stages."""

from datetime import date

import pytest

from models.leads.files.csv_file import InvalidCsvFile
from models.leads.opportunities.columns import find_columns, read_map
from models.leads.opportunities.date_column import DateColumn, DateColumnEvidence, decide
from models.leads.opportunities.stage_words import stage_of
from models.playbook.source import OpportunityNames
from models.values.readers.bad_value import BadValue

NONE = OpportunityNames()
EXPORTS = {
    "maven": "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value",
    "salesforce report": "Opportunity ID,Opportunity Owner,Account Name,Opportunity Name,Stage,Close Date,Created Date,"
    "Amount Currency,Amount",
    "salesforce data loader": "ID,NAME,STAGENAME,AMOUNT,CLOSEDATE,CREATEDDATE,ISCLOSED,ISWON,CURRENCYISOCODE",
    "hubspot": "Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Create Date,Associated Company",
    "pipedrive": "Deal - ID,Deal - Title,Deal - Owner,Deal - Organization,Deal - Status,Deal - Stage,Deal - Value,"
    "Deal - Currency of Value,Deal - Deal created,Deal - Won time,Deal - Lost time",
    "zoho": "Record Id,Deal Owner,Deal Name,Amount,Stage,Closing Date,Account Name,Created Time",
    "dynamics": "Topic,Account,Est. Revenue,Actual Close Date,Status,Owner,Created On",
}


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (
            "maven",
            {
                "reference": ("opportunity_id",),
                "rep": ("sales_agent",),
                "product": ("product",),
                "account": ("account",),
                "stage": ("deal_stage",),
                "opened_at": ("engage_date",),
                "closed_at": ("close_date",),
                "amount": ("close_value",),
            },
        ),
        (
            "salesforce report",
            {
                "reference": ("Opportunity ID",),
                "rep": ("Opportunity Owner",),
                "account": ("Account Name",),
                "name": ("Opportunity Name",),
                "stage": ("Stage",),
                "closed_at": ("Close Date",),
                "opened_at": ("Created Date",),
                "currency": ("Amount Currency",),
                "amount": ("Amount",),
            },
        ),
        (
            "salesforce data loader",
            {
                "reference": ("ID",),
                "name": ("NAME",),
                "stage": ("STAGENAME",),
                "amount": ("AMOUNT",),
                "closed_at": ("CLOSEDATE",),
                "opened_at": ("CREATEDDATE",),
                "is_closed": ("ISCLOSED",),
                "is_won": ("ISWON",),
                "currency": ("CURRENCYISOCODE",),
            },
        ),
        (
            "hubspot",
            {
                "reference": ("Record ID",),
                "name": ("Deal Name",),
                "stage": ("Deal Stage",),
                "closed_at": ("Close Date",),
                "rep": ("Deal owner",),
                "amount": ("Amount",),
                "opened_at": ("Create Date",),
                "account": ("Associated Company",),
            },
        ),
        (
            "pipedrive",
            {
                "reference": ("Deal - ID",),
                "name": ("Deal - Title",),
                "rep": ("Deal - Owner",),
                "account": ("Deal - Organization",),
                "status": ("Deal - Status",),
                "stage": ("Deal - Stage",),
                "amount": ("Deal - Value",),
                "currency": ("Deal - Currency of Value",),
                "opened_at": ("Deal - Deal created",),
                "closed_at": ("Deal - Won time", "Deal - Lost time"),
            },
        ),
        (
            "zoho",
            {
                "reference": ("Record Id",),
                "rep": ("Deal Owner",),
                "name": ("Deal Name",),
                "amount": ("Amount",),
                "stage": ("Stage",),
                "closed_at": ("Closing Date",),
                "account": ("Account Name",),
                "opened_at": ("Created Time",),
            },
        ),
        (
            "dynamics",
            {
                "name": ("Topic",),
                "account": ("Account",),
                "amount": ("Est. Revenue",),
                "closed_at": ("Actual Close Date",),
                "status": ("Status",),
                "rep": ("Owner",),
                "opened_at": ("Created On",),
            },
        ),
    ],
)
def test_the_columns_of_common_exports_are_known(system: str, expected: dict[str, tuple[str, ...]]) -> None:
    found = find_columns("deals.csv", EXPORTS[system].split(","), read_map((), NONE))
    assert dict(found.parts) == expected


def test_a_map_says_what_a_column_or_a_word_is_and_comes_before_the_playbook() -> None:
    names = OpportunityNames(
        columns={"rep": ("Verkäufer",), "reference": ("Nr",)}, spellings={"product": {"GTXPro": "GTX Pro"}}
    )
    said = read_map(["Betreuer=rep", "product:gtx-pro=GTX Plus Pro", "stage:In = Arbeit=open"], names)
    found = find_columns("deals.csv", ["Nr", "Betreuer", "Stage"], said)
    assert dict(found.parts) == {"reference": ("Nr",), "rep": ("Betreuer",), "stage": ("Stage",)}
    assert said.spelled("product", "GTX PRO") == "GTX Plus Pro"
    assert said.spelled("stage", "In = Arbeit") == "open"
    assert said.spelled("rep", "GTXPro") == "GTXPro"


@pytest.mark.parametrize("each", ["rep", "=rep", "Owner=", "Owner=salesman", "product:=x", "colour:red=blue", ""])
def test_a_map_that_cannot_be_read_is_answered_with_how_to_write_it(each: str) -> None:
    with pytest.raises(InvalidCsvFile, match="--map 'their column=our field'"):
        read_map([each], NONE)


def test_a_map_to_a_column_that_is_not_there_is_a_slip() -> None:
    with pytest.raises(InvalidCsvFile, match="no column betreuer, which --map names"):
        find_columns("deals.csv", ["Opportunity ID", "Stage"], read_map(["Betreuer=rep"], NONE))


@pytest.mark.parametrize("columns", ["email,first_name", "1C1I7A6R,Moses Frase,Won", "opportunity_id,amount", ""])
def test_a_file_of_another_kind_is_refused(columns: str) -> None:
    with pytest.raises(InvalidCsvFile, match="has no column"):
        find_columns("leads.csv", columns.split(","), read_map((), NONE))


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        (("Won", "closedwon", "Closed Won", "CLOSED-WON", "6 - Closed Won", "#09 WON", "100% Won", "gewonnen"), "won"),
        (("Lost", "closedlost", "Closed Lost", "#10 Closed lost", "Verloren", "Closed - No Decision"), "lost"),
        (("Engaging", "Prospecting", "Id. Decision Makers", "Proposal/Price Quote", "appointmentscheduled"), "open"),
        (("decisionmakerboughtin", "Negotiation/Review", "5. Negotiation", "open", "In Progress"), "open"),
        (("Wonn", "Verhandlung", "closed", "?", "", "12", "Phase 3", "Wonderful"), None),
    ],
)
def test_words_for_stages_are_known_or_nothing(words: tuple[str, ...], stage: str | None) -> None:
    assert {stage_of(word) for word in words} == {stage}


def column(*values: str, country: str = "US") -> DateColumn:
    evidence = DateColumnEvidence()
    for value in values:
        evidence.see(value)
    return decide(evidence, country)


def days(*values: str, country: str = "US") -> list[date]:
    read = column(*values, country=country).read
    return [day for value in values if (day := read(value))]


FOURTH_OF_MARCH, LAST_OF_MARCH = date(2017, 3, 4), date(2017, 3, 31)


@pytest.mark.parametrize(
    "values",
    [
        ("04-03-2017", "31-03-2017"),
        ("3/4/2017", "3/31/2017"),
        ("2017-03-04", "2017-03-31"),
        ("2017-03-04 14:30", "2017-03-31T23:59:59Z"),
        ("42798", "42825"),
        ("42798.0", "42825.5"),
        ("04/03/17", "31/03/17"),
        ("3/4/17", "3/31/17"),
        ("4.3.2017", "31.3.2017"),
        ("Mar 4, 2017", "31 March 2017"),
        ("3/4/2017 12:00:00 AM", "3/31/2017 12:00:00 AM"),
    ],
)
def test_a_column_is_read_as_its_whole_tells(values: tuple[str, ...]) -> None:
    for country in ("US", "GB"):
        assert days(*values, country=country) == [FOURTH_OF_MARCH, LAST_OF_MARCH]
    assert column(*values).remark("Close Date") is None


def test_where_no_day_is_above_twelve_the_country_decides_and_it_is_said() -> None:
    assert days("03/04/2017", "01/02/2017") == [FOURTH_OF_MARCH, date(2017, 1, 2)]
    assert days("03/04/2017", "01/02/2017", country="DE") == [date(2017, 4, 3), date(2017, 2, 1)]
    assert "as in DE" in str(column("03/04/2017", country="DE").remark("Close Date"))


def test_another_column_of_the_file_may_settle_it() -> None:
    silent, settled = DateColumnEvidence(), DateColumnEvidence()
    silent.see("03/04/2017")
    settled.see("31/03/2017")
    assert decide(silent, "US", [settled]).read("03/04/2017") == date(2017, 4, 3)


def test_a_column_that_contradicts_itself_guesses_nothing() -> None:
    mixed = column("31/03/2017", "03/31/2017", "03/04/2017")
    assert [mixed.read(text) for text in ("31/03/2017", "03/31/2017")] == [LAST_OF_MARCH] * 2
    with pytest.raises(BadValue):
        mixed.read("03/04/2017")
    assert "kept for repair" in str(mixed.remark("Close Date"))


@pytest.mark.parametrize("text", ["soon", "31/31/2017", "2017-02-30", "12", "99999", "31-02-2017", "0", "\u0000"])
def test_what_is_no_day_is_none(text: str) -> None:
    with pytest.raises(BadValue):
        column("31/03/2017").read(text)


def test_what_programs_write_for_no_day_is_no_day() -> None:
    assert column("31/03/2017").read("0000-00-00 00:00:00") is None
