"""The command fails on a finding without a reason, and on a reason that nothing needs."""

from pathlib import Path

import pytest

from charts_src.model import Environment
from tools.referees import __main__ as command
from tools.referees.exceptions import Skip
from tools.referees.projection import Subject
from tools.referees.verdict import Finding, Verdict

HERE = "Deployment/kueue"


def finds_kueue(folder: Path, found: list[Subject], env: Environment) -> Verdict:
    assert (folder / "kueue" / "deployment-kueue.yaml").exists()
    findings = [Finding("C1", each, f"bad in {env.name}") for each in found if HERE in each.names]
    return Verdict("judge 1.0", len(found), 5, tuple(findings), ())


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> list[Skip]:
    """Put one referee in place of all, and give the list of its reasons to fill."""
    skips: list[Skip] = []
    monkeypatch.setattr(command, "REFEREES", {"judge": finds_kueue})
    monkeypatch.setattr(command, "reasons", lambda _: skips)
    return skips


@pytest.mark.usefixtures("judge")
def test_a_finding_without_a_reason_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["dev"]) == 1
    assert "  FAILED rendered/dev/kueue/deployment-kueue.yaml: C1: bad in dev\n" in capsys.readouterr().out


def test_a_reason_for_each_finding_is_enough(judge: list[Skip], capsys: pytest.CaptureFixture[str]) -> None:
    judge.append(Skip(("C1",), (HERE,), "it has to"))
    assert command.main(["dev"]) == 0
    assert "5 checks passed, 1 skipped, 0 failed\n  1 skipped: it has to\n" in capsys.readouterr().out


@pytest.mark.heavy
def test_a_reason_that_no_environment_needs_fails_once_all_are_judged(
    judge: list[Skip], capsys: pytest.CaptureFixture[str]
) -> None:
    judge += [Skip(("C1",), (HERE,), "it has to"), Skip(("C2",), ("Job/*",), "it had to")]
    assert command.main(["dev"]) == 0
    assert command.main(["all"]) == 1
    stale = "judge: C2 for Job/*: no object needs this exception; take it out\n"
    assert capsys.readouterr().out.endswith(stale)
