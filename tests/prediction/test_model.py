"""The predictive model as such: what it learns from a table, how it is judged, and what it says of one lead."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import mannwhitneyu

from models.conditions.parse import parse_condition
from models.playbook.scoring import ScoreRule
from models.prediction import InvalidTable, TooFewLeads, TrainedModel, UnknownColumn, read_table, train
from models.prediction.binning import Column, learn_features
from models.prediction.evaluation import Band, area_under_curve, auc_interval
from models.prediction.feature import Feature, FeatureKind
from models.prediction.model import Model, Term
from models.prediction.proposal import propose_rules, rules_as_yaml
from models.prediction.reasons import reasons
from models.prediction.training import TrainingData
from tests.support.paths import SHARED
from tests.support.playbook import the_shipped_playbook

LEADS = SHARED / "data" / "x_education_leads" / "Leads.csv"
KNOWN_ONLY_LATER = {
    "Prospect ID": "an id",
    "Tags": "written by the salesperson about the call",
    "Lead Quality": "the salesperson's guess of the outcome",
    "Lead Profile": "given by the salesperson",
    "Asymmetrique Activity Index": "scored later, by what the outcome shows",
    "Asymmetrique Profile Index": "scored later, by what the outcome shows",
    "Asymmetrique Activity Score": "scored later, by what the outcome shows",
    "Asymmetrique Profile Score": "scored later, by what the outcome shows",
    "Last Notable Activity": "moves with the salesperson's work on the lead",
}


def a_term(name: str, values: tuple[str, ...], coefficients: tuple[float, ...], shares: tuple[float, ...]) -> Term:
    label = name.removeprefix("field:").replace("_", " ").capitalize()
    return Term(Feature(name, label, FeatureKind.CATEGORY, values=values), coefficients, shares)


def a_past(leads: int = 600, *, seed: int = 1) -> TrainingData:
    """Chief executives buy four times as often; the rest is noise."""
    draw = np.random.default_rng(seed)
    title = np.where(draw.random(leads) < 0.3, "CEO", "Assistant").astype(object)
    won = draw.random(leads) < np.where(title == "CEO", 0.6, 0.15)
    table = pd.DataFrame({"field:job_title": title, "noise": draw.random(leads)})
    columns = {
        "field:job_title": Column("Job title", FeatureKind.CATEGORY),
        "noise": Column("Noise", FeatureKind.NUMBER),
    }
    return TrainingData(table, columns, won, {})


@pytest.mark.skipif(not LEADS.exists(), reason="the data set is not here")
def test_real_leads_are_ranked_well_without_what_salespeople_wrote() -> None:
    past = read_table(LEADS, "Converted", KNOWN_ONLY_LATER, "Lead Number")
    assert not {*KNOWN_ONLY_LATER, "Lead Number", "Converted"} & set(past.columns)

    trained = train(past)
    assert trained.random_test
    assert trained.newest_test
    assert trained.random_test.leads == trained.newest_test.leads == 1848
    assert trained.random_test.auc is not None
    assert trained.random_test.auc >= 0.88
    assert trained.newest_test.auc is not None
    assert trained.newest_test.auc >= 0.86
    assert trained.newest_test.brier < trained.newest_test.brier_of_guessing
    assert all(abs(band.expected - band.share) < 0.1 for band in trained.random_test.bands)
    assert trained.left_out["Tags"] == "written by the salesperson about the call"
    source = next(term.feature for term in trained.model.terms if term.feature.name == "Lead Source")
    assert "Google" in source.values
    assert not {"google", "Select"} & set(source.values)


def test_a_model_is_plain_numbers_and_says_the_same_after_it_was_stored() -> None:
    past = a_past()
    trained = train(past)
    again = TrainedModel.from_document(yaml.safe_load(yaml.safe_dump(trained.to_document())))

    assert again == trained
    assert (again.model.probabilities(past.table) == trained.model.probabilities(past.table)).all()
    assert trained.beats_guessing


def test_probabilities_are_true_on_the_whole() -> None:
    past = a_past(4_000)
    expected = train(past).model.probabilities(past.table)
    is_chief = (past.table["field:job_title"] == "CEO").to_numpy()

    assert expected[is_chief].mean() == pytest.approx(past.won[is_chief].mean(), abs=0.02)
    assert expected[~is_chief].mean() == pytest.approx(past.won[~is_chief].mean(), abs=0.02)


@pytest.mark.parametrize(("leads", "won"), [(99, 40), (500, 19), (500, 481)])
def test_too_few_leads_are_refused_with_what_is_there_and_what_is_needed(leads: int, won: int) -> None:
    past = a_past(leads)
    outcomes = np.arange(leads) < won
    with pytest.raises(
        TooFewLeads, match=rf"{leads} decided leads were found, {won} won and .*at least 100 .*20 of them won"
    ):
        train(TrainingData(past.table, past.columns, outcomes, {}))


def test_when_the_newest_leads_all_bought_that_part_tells_nothing_and_the_model_is_not_trusted() -> None:
    past = a_past(200)
    won = past.won.copy()
    won[160:] = True
    trained = train(TrainingData(past.table, past.columns, won, {}))
    assert trained.newest_test
    assert trained.newest_test.auc is None
    assert not trained.beats_guessing


def test_noise_does_not_beat_guessing() -> None:
    draw = np.random.default_rng(5)
    noise = TrainingData(a_past(2_000).table, a_past().columns, draw.random(2_000) < 0.3, {})
    assert not train(noise).beats_guessing


def test_the_area_under_the_curve_counts_pairs_and_halves_ties() -> None:
    won = np.array([False, True, False, True])
    assert area_under_curve(np.array([0.1, 0.2, 0.3, 0.4]), won) == 0.75
    assert area_under_curve(np.array([0.5, 0.5, 0.5, 0.5]), won) == 0.5
    assert area_under_curve(np.array([0.5, 0.5]), np.array([True, True])) is None


@pytest.mark.parametrize(
    ("auc", "won", "lost", "interval"),
    [
        # Non-overlap of all pairs, as the documentation of SingleCaseES gives it.
        (11 / 12, 7, 6, (0.5973406, 0.9860176)),
    ],
)
def test_the_interval_of_an_auc_is_as_published(auc: float, won: int, lost: int, interval: tuple[float, float]) -> None:
    assert auc_interval(auc, won, lost, 0.95) == pytest.approx(interval, abs=1e-4)


def test_the_interval_holds_one_half_exactly_when_ranks_tell_nothing() -> None:
    draw = np.random.default_rng(2)
    for _ in range(200):
        won = np.arange(60) < draw.integers(5, 55)
        expected = draw.random(60) + 0.2 * won
        auc = area_under_curve(expected, won)
        assert auc is not None
        lowest, highest = auc_interval(auc, int(won.sum()), int((~won).sum()), 0.95)
        p = mannwhitneyu(expected[won], expected[~won], use_continuity=False, method="asymptotic").pvalue
        assert (lowest <= 0.5 <= highest) == (p >= 0.05)


def test_few_leads_in_perfect_order_are_not_taken_for_certain() -> None:
    lowest, highest = auc_interval(1.0, 3, 5, 0.99)
    assert lowest < 0.5
    assert highest == 1


def test_few_leads_tell_a_share_only_roughly() -> None:
    lowest, highest = Band(0.2, 0.4, 0.3, leads=10, won=3).interval
    assert (round(lowest, 3), round(highest, 3)) == (0.108, 0.603)  # Wilson's interval as published


def test_rare_and_missing_words_have_levels_of_their_own_and_spellings_are_one() -> None:
    table = pd.DataFrame({"source": ["Google"] * 40 + ["google "] * 15 + ["Fax", "Telex"] + [None] * 12})
    feature = learn_features(table, {"source": Column("Source", FeatureKind.CATEGORY)}).features[0]

    assert feature.values == ("Google",)
    new = pd.DataFrame({"source": ["GOOGLE", "Pigeon", None]})
    assert feature.codes(new).tolist() == [0, 1, 2]
    assert feature.codes(pd.DataFrame(index=range(2))).tolist() == [2, 2]


def test_numbers_fall_into_ranges_and_never_is_a_range_of_its_own() -> None:
    counted = pd.DataFrame({"clicks": [0] * 50 + [1] * 30 + [2, 3, 4, 5] * 20})
    feature = learn_features(counted, {"clicks": Column("Clicks", FeatureKind.COUNT)}).features[0]
    codes = feature.codes(pd.DataFrame({"clicks": [0, 1, 5, 99, None]}))

    assert feature.edges[0] == 1
    assert codes[0] == codes[4] == 0
    assert codes[2] == codes[3] > codes[1] > 0


def test_a_column_that_is_the_same_in_all_leads_is_left_out_and_told() -> None:
    learned = learn_features(
        pd.DataFrame({"magazine": ["No"] * 50}), {"magazine": Column("Magazine", FeatureKind.CATEGORY)}
    )
    assert not learned.features
    assert "nothing to learn" in learned.left_out["Magazine"]


def test_reasons_are_percentage_points_against_the_same_lead_with_an_average_feature() -> None:
    source = a_term("field:source", ("Reference", "Web"), (2.0, -1.0, 0.0, 0.0), (0.5, 0.5, 0.0, 0.0))
    title = a_term("field:job_title", ("CEO",), (0.0, 0.0, 0.001), (1.0, 0.0, 0.0))
    model = Model(0.0, (source, title))
    table = pd.DataFrame({"field:source": ["Reference", "Web"], "field:job_title": ["CEO", None]})

    # The average source adds .5: Reference is 1.5 above it, and 1 / (1 + exp(-1.5)) is .82 where .50 is average.
    assert model.probabilities(table)[0] == pytest.approx(0.8176, abs=1e-4)
    assert reasons(model, table) == [["Source is Reference (+32 points)"], ["Source is Web (-32 points)"]]


def test_proposed_points_are_rules_that_the_playbook_takes() -> None:
    playbook = the_shipped_playbook()
    given = a_term("field:phone", ("given",), (0.5, 0.0, -0.5), (0.5, 0.0, 0.5))
    number = Term(
        Feature("field:employees", "Employees", FeatureKind.NUMBER, edges=(50.0,)), (-0.4, 0.6, 0.0), (0.5, 0.4, 0.1)
    )
    clicks = Term(
        Feature("event:link_clicked", "Link clicked", FeatureKind.COUNT, edges=(1.0,)), (-0.5, 0.5, 0.0), (0.5, 0.5, 0)
    )
    form = a_term("form", ("ebook",), (-1.0, 0.5, 0.0), (0.5, 0.4, 0.1))
    quoted = a_term("field:challenge", ('"Growth", they say',), (1.2, 0.0, -1.0), (0.5, 0.0, 0.5))
    rules = propose_rules(Model(0.0, (given, number, clicks, form, quoted)), playbook)

    read = [ScoreRule(**rule) for rule in yaml.safe_load(rules_as_yaml(rules))["rules"]]
    assert {*(rule.when for rule in read), *(on for rule in read for on in rule.on)} >= {
        *("phone is not None", "phone is None", "employees < 50", "employees >= 50", "link_clicked"),
        *('challenge == "\\"Growth\\", they say"', "challenge is None", "form_submitted:ebook"),
    }
    for rule in read:
        if rule.when:
            parse_condition(rule.when, playbook.fields)
    largest = max([20, *(abs(rule.points) for rule in playbook.scoring.rules)])
    assert abs(read[0].points) == largest or playbook.scoring.rules


def test_columns_can_be_left_out_by_hand_with_the_reason() -> None:
    past = a_past().without({"job title": "filled in later"})
    assert list(past.columns) == ["noise"]
    assert past.left_out == {"Job title": "filled in later"}
    with pytest.raises(UnknownColumn, match=r"no column Salary to leave out. There are: Job title, Noise"):
        a_past().without({"Salary": ""})


@pytest.mark.parametrize(
    ("text", "target", "time", "said"),
    [
        ("a,b\n1,2\n", "won", None, r"has no column 'won'. It has: a, b"),
        ("a,won\n1,yes\n2,maybe\n", "won", None, r"holds 'maybe' in line 3; 1 or 0, yes or no"),
        ("a,won,at\n1,yes,soon\n", "won", "at", r"holds 'soon' in line 2; a number or a date"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, text: str, target: str, time: str, said: str) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(text)
    with pytest.raises(InvalidTable, match=said):
        read_table(file, target, {}, time)


def test_rows_of_a_file_are_put_in_their_order_in_time(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("who,won,at\nsecond,no,2026-02-01\nthird,yes,2026-03-01\nfirst,yes,2026-01-01\n")
    past = read_table(file, "won", {}, "at")
    assert past.table["who"].tolist() == ["first", "second", "third"]
    assert past.won.tolist() == [True, False, True]
    assert list(past.columns) == ["who"]
