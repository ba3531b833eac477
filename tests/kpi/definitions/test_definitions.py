"""Every KPI is defined, once, and its worked example is right."""

import pytest

from models.kpi.definitions import DEFINITIONS, KPIS, Kpi
from models.kpi.definitions.compute import compute, compute_kept, compute_wait
from models.kpi.definitions.kpi import Kept, MedianWait
from models.kpi.measures import BY_NAME, COHORTS
from models.orders.kaplan_meier import Lengths
from models.tables.kpi import KpiFunnel, KpiMessage, KpiName


def test_every_kpi_is_defined_once() -> None:
    assert [kpi.name for kpi in KPIS] == list(DEFINITIONS)
    assert set(DEFINITIONS) == set(KpiName)


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.name)
def test_the_worked_example_gives_what_it_says(kpi: Kpi) -> None:
    example = kpi.example
    how = kpi.readings()[example.reading]
    if isinstance(how, MedianWait):
        computed = compute_wait(Lengths.counted(example.happened), Lengths.counted(example.waiting))
    elif isinstance(how, Kept):
        computed = compute_kept(example.sums["at the beginning"], example.sums["lost"])
    else:
        # Each number of the example is one of the formula's, and none is missing.
        assert {str(term.unsigned) for term in how.terms} == set(example.sums)
        sums = {term.unsigned: example.sums[str(term.unsigned)] for term in how.terms}
        computed = compute(how, sums, kpi.unit, example.weeks)
    assert computed.value == pytest.approx(example.value)


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.name)
def test_it_is_made_of_what_is_counted(kpi: Kpi) -> None:
    for how in kpi.readings().values():
        for term in how.terms:
            match term.table:
                case "kpi_daily":
                    measure = BY_NAME[term.name]
                    assert term.column != "amount" or measure.has_money
                    assert term.column != "value" or measure.value
                case "kpi_cohort":
                    assert (term.name, term.goal) in COHORTS
                case "kpi_funnel":
                    assert term.column in KpiFunnel.model_fields
                case "kpi_message":
                    assert term.column in KpiMessage.model_fields


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.name)
def test_its_words_are_sentences(kpi: Kpi) -> None:
    for sentence in (kpi.definition, kpi.example.words, kpi.source, *kpi.edge_cases):
        assert sentence[0].isupper() or sentence[0].isdigit()
        assert sentence.endswith(".")
    assert kpi.title
    assert kpi.formula
    assert kpi.period or kpi.cohort
