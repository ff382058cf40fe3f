from __future__ import annotations

import json

import pandas as pd
import pytest

from analysis.article.ledger import observed, read_ledger
from analysis.estimates import ensemble
from analysis.study.parameters import Parameters

LEDGER = read_ledger()


@pytest.fixture
def folder(tmp_path):
    row = ["survival", "", "", "OS", "", "median", 17.0, "months"]
    for name, more in ((ensemble.ESTIMATES, 0.0), (ensemble.MULTIVARIABLE, 1.0)):
        rows = [[member, *row[:6], row[6] + more, row[7]] for member in (1, 2)]
        pd.DataFrame(rows, columns=ensemble.COLUMNS).to_parquet(tmp_path / name)
    about = {
        "claims": ensemble.ledger_digest(LEDGER),
        "members": 2,
        "parameters": ensemble.choices(Parameters()),
    }
    (tmp_path / ensemble.ABOUT).write_text(json.dumps(about))
    return tmp_path


def test_estimates_of_the_choices_are_read(folder):
    own = ensemble.read_ensemble(LEDGER, Parameters(), folder)
    assert own.members == 2
    assert own.spread["highest"].tolist() == [17.0]
    figures = Parameters(figure_months=36, at_risk_every_months=3, rate_months=(12, 36))
    assert isinstance(ensemble.read_ensemble(LEDGER, figures, folder), ensemble.Ensemble)
    other = ensemble.read_ensemble(LEDGER, Parameters(factor_model="multivariable"), folder)
    assert other.spread["highest"].tolist() == [18.0]


@pytest.mark.parametrize(
    "chosen",
    [Parameters(ci_type="plain"), Parameters(factor_model="multivariable", ci_type="plain")],
)
def test_other_choices_have_no_ensemble(folder, chosen):
    reason = ensemble.read_ensemble(LEDGER, chosen, folder)
    assert "ci_type = plain" in reason


def test_an_ensemble_of_other_numbers_is_none(folder):
    other = LEDGER.assign(printed=LEDGER["printed"].replace("108", "109"))
    assert "other published numbers" in ensemble.read_ensemble(other, Parameters(), folder)


def test_what_is_prescribed_is_asked_of_no_patients():
    assert ensemble.ledger_digest(observed(LEDGER)) == ensemble.ledger_digest(LEDGER)
    assert len(observed(LEDGER)) < len(LEDGER)


def test_why_there_is_none_is_said(folder, tmp_path):
    assert ensemble.COMMAND in ensemble.read_ensemble(LEDGER, Parameters(), tmp_path / "none")
    (folder / ensemble.ESTIMATES).write_bytes(b"no Parquet")
    assert "cannot be read" in ensemble.read_ensemble(LEDGER, Parameters(), folder)
    (folder / ensemble.ABOUT).write_text("[1]")
    assert "cannot be read" in ensemble.read_ensemble(LEDGER, Parameters(), folder)
