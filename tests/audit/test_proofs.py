"""A file of proofs is checked again, by the checker alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.audit import records
from analysis.audit.checker.__main__ import main, read_rows
from analysis.audit.engine import audit
from analysis.audit.structure import read_structure
from analysis.build.project import ROOT


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("proofs") / "findings.json"
    found = audit(read_ledger(), read_structure()).findings
    path.write_text(records.to_json(found), encoding="utf-8")
    return path


def test_all_findings_of_the_article_are_proved_again(
    proofs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--proofs", str(proofs)]) == 0
    assert "all follow from the ledger" in capsys.readouterr().out


def test_a_forged_verdict_is_refused(
    proofs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = json.loads(proofs.read_text(encoding="utf-8"))
    for finding in raw:
        finding["verdict"] = "impossible under every reading"
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(raw), encoding="utf-8")
    assert main(["--proofs", str(forged)]) == 1
    said = capsys.readouterr().out
    assert f"{len(raw) - 2} findings are refused" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "no findings"), ("{}", "no list of findings"), ('[{"rule": 1}]', "no findings")],
)
def test_what_are_no_proofs_are_told(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text, encoding="utf-8")
    assert main(["--proofs", str(path)]) == 2
    assert said in capsys.readouterr().err
    assert main(["--proofs", str(path), "--ledger", str(tmp_path / "none.csv")]) == 2


def test_the_checker_reads_the_ledger_as_the_project_does() -> None:
    rows = {row["claim_id"]: row for row in read_rows(CLAIMS)}
    for claim in read_ledger().to_dict("records"):
        own = rows[claim["claim_id"]]
        assert own["printed"] == claim["printed"]
        assert own["comparator"] == claim["comparator"]
        of = claim["denominator"]
        assert own["denominator"] == (None if pd.isna(of) else int(of))


def test_its_process_holds_nothing_of_what_finds(proofs: Path) -> None:
    code = (
        "import sys; from analysis.audit.checker.__main__ import main; "
        f"code = main(['--proofs', {str(proofs)!r}]); "
        "held = [m for m in sys.modules if m.startswith(('analysis.', 'scipy', 'statsmodels'))]; "
        "print(*sorted(held)); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    held = done.stdout.splitlines()[-1].split()
    assert [name for name in held if not name.startswith("analysis.audit.checker")] == [
        "analysis.audit",
        "analysis.audit.form",
        "analysis.audit.structure",
        "analysis.study",
        "analysis.study.errors",
    ]
