"""Plans are run in order, stop at the first failure, go on from there, and prove what they say."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from charts_src import ROOT, cli, commands
from charts_src.cloud.files import files
from charts_src.errors import UserError
from charts_src.publish import publish
from charts_src.steps.plan import Plan, read
from charts_src.steps.runner import Runner, StepError
from tests.cloud.fakes import Fakes
from tests.cloud.sample import IDENTITIES, full

AGAIN = "Run make {} again with the same words; it goes on with this step."


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    found = Fakes(tmp_path / "fakes")
    for name, value in found.variables().items():
        monkeypatch.setenv(name, value)
    publish(files(full(), IDENTITIES), tmp_path / "rendered" / "dev" / "aws")
    return found


def plan(tmp_path: Path, name: str) -> Plan:
    return read(tmp_path / "rendered" / "dev" / "aws" / f"{name}.yaml")


def run(tmp_path: Path, name: str, *, keep_data: bool = False) -> str:
    return Runner(plan(tmp_path, name), tmp_path, lambda _line: None, keep_data=keep_data).run()


def position(lines: list[str], words: str) -> int:
    (found,) = (number for number, line in enumerate(lines) if line.startswith(words))
    return found


def test_a_cluster_is_made_and_removed_and_nothing_is_left(fakes: Fakes, tmp_path: Path) -> None:
    assert run(tmp_path, "bootstrap") == ""
    made = fakes.changes()
    assert position(made, "aws cloudformation execute-change-set") < position(made, "eksctl create cluster")
    assert made[-1] == "kubectl apply --server-side --force-conflicts"
    assert not list((tmp_path / ".cache" / "steps").glob("*.json"))

    fakes.forget()
    fakes.there("nodes", "karpenter", "volume")
    report = run(tmp_path, "teardown")
    assert report.splitlines()[:2] == [
        "kept:",
        "  bucket with data: a-data; delete all versions of its objects, then it; else the next bootstrap "
        "adopts it",
    ]
    removed = fakes.changes()
    order = [
        "kubectl delete ingresses",
        "kubectl delete persistentvolumeclaims",
        "kubectl delete poddisruptionbudgets",
        "kubectl delete nodepools.karpenter.sh",
        "eksctl delete cluster",
        "aws cloudformation delete-stack",
        "aws ec2 delete-volume",
    ]
    found = [position(removed, words) for words in order]
    assert found == sorted(found)
    assert [path.name for path in (tmp_path / "fakes" / "there").iterdir()] == ["spot"]


def test_a_step_that_fails_is_named_and_the_next_run_goes_on_with_it(fakes: Fakes, tmp_path: Path) -> None:
    fakes.fail("create addon")
    with pytest.raises(StepError) as caught:
        run(tmp_path, "bootstrap")
    assert str(caught.value) == (
        "add-ons: failed: eksctl create addon --config-file rendered/dev/aws/cluster.yaml exited with 3. "
        + AGAIN.format("bootstrap")
    )
    fakes.fail()
    fakes.forget()
    run(tmp_path, "bootstrap")
    assert fakes.changes()[:4] == [
        "eksctl create addon --config-file",
        "aws eks update-kubeconfig --name",
        "aws cloudformation deploy --stack-name",
        "aws cloudformation deploy --stack-name",
    ]


def test_a_step_is_done_anew_when_its_file_has_changed(fakes: Fakes, tmp_path: Path) -> None:
    fakes.fail("apply --server-side")
    for changes in (False, True):
        with pytest.raises(StepError):
            run(tmp_path, "bootstrap")
        fakes.forget()
        if not changes:
            file = tmp_path / "rendered" / "dev" / "aws" / "access.json"
            file.write_text(file.read_text() + "\n")
    with pytest.raises(StepError):
        run(tmp_path, "bootstrap")
    assert "aws cloudformation deploy --stack-name" not in fakes.changes()
    file.write_text(file.read_text() + "\n")
    with pytest.raises(StepError):
        run(tmp_path, "bootstrap")
    assert [line for line in fakes.log() if "deploy" in line and "genai-dev-access" in line]


def test_what_a_teardown_undid_is_made_again(fakes: Fakes, tmp_path: Path) -> None:
    fakes.fail("apply --server-side")
    with pytest.raises(StepError):
        run(tmp_path, "bootstrap")
    fakes.fail()
    run(tmp_path, "teardown")
    fakes.forget()
    run(tmp_path, "bootstrap")
    assert len([line for line in fakes.log() if "cloudformation deploy" in line]) == 4


def test_something_left_fails_the_proof_and_is_listed(fakes: Fakes, tmp_path: Path) -> None:
    fakes.there("volume", "stuck")
    with pytest.raises(StepError) as caught:
        run(tmp_path, "teardown")
    assert str(caught.value) == (
        "not proven: 1 left\n  volume: vol-1\nRemove it, or wait until AWS has; then run make teardown again."
    )


def test_a_list_that_can_not_be_had_is_no_proof(fakes: Fakes, tmp_path: Path) -> None:
    fakes.fail("sqs list-queues")
    with pytest.raises(StepError, match=r"not proven: 1 left\n  queue: can't be listed: no luck"):
        run(tmp_path, "teardown")


def test_another_account_is_not_touched(fakes: Fakes, tmp_path: Path) -> None:
    text = plan(tmp_path, "teardown").model_dump_json().replace("111122223333", "999999999999")
    other = Runner(Plan.model_validate_json(text), tmp_path, lambda _line: None)
    with pytest.raises(StepError) as caught:
        other.run()
    assert "prints '111122223333', not '999999999999'. Sign in to account 999999999999" in str(caught.value)
    assert fakes.changes() == []


def test_to_keep_data_the_teardown_stops_before_them(fakes: Fakes, tmp_path: Path) -> None:
    fakes.there("cluster", "nodes", "karpenter", "volume")
    report = run(tmp_path, "teardown", keep_data=True)
    assert report.startswith("left with the data:\n  cluster: genai-dev\n")
    assert "  volume: vol-1\n" in report
    removed = fakes.changes()
    position(removed, "kubectl delete nodepools.karpenter.sh")
    assert not [line for line in removed if "volume" in line or line.startswith("eksctl")]


def test_missing_programs_are_all_named(
    fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError) as caught:
        run(tmp_path, "bootstrap")
    assert str(caught.value).splitlines() == [
        "aws: not found; install the AWS CLI 2 (docs.aws.amazon.com/cli)",
        "eksctl: not found; install eksctl 0.215.0 or later (docs.aws.amazon.com/eks/latest/eksctl)",
        "kubectl: not found; install kubectl (kubernetes.io/docs/tasks/tools)",
    ]
    assert fakes.log() == []


_RUN = """\
import sys
from pathlib import Path
from charts_src.steps.plan import read
from charts_src.steps.runner import Runner
root = Path(sys.argv[1])
plan = read(root / "rendered/dev/aws/bootstrap.yaml")
Runner(plan, root, lambda line: print(line, file=sys.stderr)).run()
"""


def test_a_run_that_is_killed_goes_on_when_its_last_command_has_ended(fakes: Fakes, tmp_path: Path) -> None:
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "SLOW": "1"}
    killed = subprocess.Popen(
        [sys.executable, "-c", _RUN, tmp_path], env=variables, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 30
    while "eksctl create cluster" not in "\n".join(fakes.log()) and time.monotonic() < end:
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    with pytest.raises(UserError, match="another run is under way, or a command"):
        run(tmp_path, "bootstrap")
    while not (fakes.root / "there" / "cluster").exists() and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.1)
    fakes.forget()
    run(tmp_path, "bootstrap")
    log = "\n".join(fakes.log())
    assert "eksctl create cluster" not in log
    assert "--stack-name genai-dev-foundation" not in log
    assert "--stack-name genai-dev-access" in log


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["teardown", "all", "--run"], "teardown: works on one environment; write ENV=NAME\n"),
        (["bootstrap", "dev", "prod"], "bootstrap: works on one environment; write ENV=NAME\n"),
        (
            ["teardown", "dev", "--run"],
            "teardown: not confirmed; type the name of the cluster, or write YES=genai-dev\n",
        ),
        (
            ["teardown", "dev", "--run", "--yes", "dev"],
            "teardown: not confirmed; type the name of the cluster, or write YES=genai-dev\n",
        ),
    ],
)
def test_a_teardown_has_to_be_confirmed(
    words: list[str],
    message: str,
    fakes: Fakes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(commands, "_plan", lambda _name, kind: plan(tmp_path, kind))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert cli.main(words) == 2
    assert capsys.readouterr() == ("", message)
    assert fakes.log() == []


def test_a_command_prints_its_plan_or_runs_it(
    fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "_plan", lambda _name, kind: plan(tmp_path, kind))
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    assert cli.main(["teardown", "dev"]) == 0
    assert capfd.readouterr().out.endswith("make teardown ENV=dev RUN=1 runs these steps.\n")
    assert fakes.log() == []

    fakes.there("volume", "stuck")
    assert cli.main(["teardown", "dev", "--run", "--yes", "genai-dev"]) == 1
    assert capfd.readouterr().out.startswith("not proven: 1 left\n")

    (fakes.root / "there" / "stuck").unlink()
    assert cli.main(["teardown", "dev", "--run", "--yes", "genai-dev"]) == 0
    out, err = capfd.readouterr()
    assert out.endswith("teardown: done\n")
    assert "[40/40] secrets: done\n" in err


def test_plans_are_yaml_that_names_nothing_by_default(fakes: Fakes, tmp_path: Path) -> None:
    text = (tmp_path / "rendered" / "dev" / "aws" / "teardown.yaml").read_text()
    assert yaml.safe_load(text)["steps"][0].keys() == {"name", "why", "check", "remedy", "always"}
    assert json.loads(json.dumps(yaml.safe_load(text))) == yaml.safe_load(text)
    assert fakes.log() == []
