"""Sign-offs: what is meant is said by gate and object, once."""

from pathlib import Path

import pytest

from charts_src import fingerprint, state
from charts_src.errors import UserError
from charts_src.review import gates
from charts_src.review.gates import sign_offs
from charts_src.review.gates.sign_offs import SignOff, SignOffs, compared, judge, parse, read
from charts_src.review.page import Bullets, Folded, Section, Table, Text
from tests.review.gates.pairs import pair

FILE = Path("environments/sign-offs/prod.yaml")
GOOD = """# What is meant.
- {gate: deletion, object: Namespace a, reason: moved to b}
- gate: rbac
  object: Role a/job
  reason: it has to list pods
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"
REST = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: rest, namespace: a}\n"
DELETED = pair(NAMESPACE + REST, REST)
MEANT = SignOff("deletion", "Namespace a", "moved to b")
LOSS = "removed: everything in it is deleted with it, what is not in Git too; move what is needed first"


def test_a_file_is_a_list_of_entries() -> None:
    assert parse(FILE, GOOD) == [MEANT, SignOff("rbac", "Role a/job", "it has to list pods")]
    assert parse(FILE, "# Nothing yet.\n") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gate: deletion\n", "1: is not a list; start each entry with `- `"),
        ("- deletion\n", "1: [0]: is no sign-off; write gate, object and reason"),
        (
            "- {gate: deletion, object: Namespace a}\n",
            "1: [0].reason: is missing; say why this is meant",
        ),
        (
            '- {gate: deletion, object: Namespace a, reason: " "}\n',
            "1: [0].reason: is missing; say why this is meant",
        ),
        (
            "- {gate: deletion, reason: moved}\n",
            "1: [0].object: is missing; write the object as the review does, such as Namespace "
            "kuberay-system",
        ),
        (
            "- {object: Namespace a, reason: moved}\n",
            "1: [0].gate: is missing; write one of deletion, gangs, limits, network, privileges, rbac, "
            "replicas",
        ),
        (
            "- gate: deletion\n  object: Namespace a\n  reason: moved\n  until: tomorrow\n",
            "4: [0].until: is unknown; a sign-off has gate, object, reason",
        ),
        (
            "- {gate: secrets, object: Namespace a, reason: moved}\n",
            '1: [0].gate: "secrets" can\'t be signed off; write one of deletion, gangs, limits, network, '
            "privileges, rbac, replicas",
        ),
        (
            "- {gate: deletoin, object: Namespace a, reason: moved}\n",
            '1: [0].gate: "deletoin" can\'t be signed off; write one of deletion, gangs, limits, network, '
            "privileges, rbac, replicas",
        ),
        (
            f"{GOOD}- {{gate: deletion, object: Namespace a, reason: again}}\n",
            "6: [2]: Namespace a is signed off for deletion twice; keep one entry",
        ),
        ("- {gate: deletion\n", "1: is in a {...} that is not closed or lacks a comma; close it"),
    ],
)
def test_anything_else_is_refused_with_one_line(text: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        parse(FILE, text)
    assert str(refused.value).startswith(f"{FILE}:{message}")
    assert len(str(refused.value).splitlines()) == 1


def test_only_what_a_pull_request_adds_counts() -> None:
    other = SignOff("rbac", "Role a/job", "it has to list pods")
    assert compared([MEANT, other], [other]) == SignOffs(new=(MEANT,), old=(other,))
    renewed = MEANT._replace(reason="again")
    assert compared([renewed], [MEANT]) == SignOffs(new=(renewed,))


def test_a_finding_is_signed_off_by_gate_and_object() -> None:
    found = gates.findings(DELETED)
    assert judge(found, SignOffs((MEANT,))).open == ()
    for other in (MEANT._replace(gate="rbac"), MEANT._replace(object="Namespace b")):
        verdict = judge(found, SignOffs((other,)))
        assert verdict.open == tuple(found)
        assert verdict.idle == (other,)


def test_the_section_alarms_and_says_how_to_sign_off() -> None:
    header = ("gate", "object", "field", "what happens, and the remedy")
    assert gates.section(DELETED, SignOffs()) == Section(
        "Danger gates in prod",
        (
            Table(header, (("deletion", "Namespace a", "", LOSS),)),
            Text(
                "What is meant is signed off in environments/sign-offs/prod.yaml, one line each, such as - "
                '{gate: deletion, object: "Namespace a", reason: "..."}'
            ),
        ),
        alarm=True,
    )


def test_the_section_shows_what_is_signed_off() -> None:
    header = ("gate", "object", "what happens", "reason")
    assert gates.section(DELETED, SignOffs((MEANT,))) == Section(
        "Danger gates in prod",
        (
            Text("Nothing stops this pull request; 1 signed off."),
            Folded("1 signed off", (Table(header, (("deletion", "Namespace a", LOSS, "moved to b"),)),)),
        ),
    )


def test_an_old_sign_off_does_not_count_and_one_without_a_match_is_a_note() -> None:
    idle = SignOff("limits", "NodePool gpu", "measured")
    blocks = gates.section(DELETED, SignOffs(new=(idle,), old=(MEANT, idle))).blocks
    assert blocks[-1] == Bullets(
        (
            "Sign-off for limits of NodePool gpu: matches nothing here.",
            "Sign-off for deletion of Namespace a: was there before this pull request, so it does not count; "
            "replace it by one with a new reason.",
        )
    )


def test_the_section_of_a_change_without_danger_is_a_line() -> None:
    assert gates.section(pair(REST, REST), SignOffs()) == Section(
        "Danger gates in prod", (Text("Nothing stops this pull request."),)
    )


def test_files_are_read_on_both_sides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "environments" / "sign-offs"
    folder.mkdir(parents=True)
    (folder / "prod.yaml").write_text(GOOD)
    monkeypatch.setattr(sign_offs, "FOLDER", folder)
    monkeypatch.setattr(sign_offs, "ROOT", tmp_path)
    monkeypatch.setattr(sign_offs, "read_revision", lambda *_: {"prod.yaml": GOOD.partition("- gate")[0]})
    assert read(["dev", "prod"], "HEAD") == {
        "dev": SignOffs(),
        "prod": SignOffs(new=(SignOff("rbac", "Role a/job", "it has to list pods"),), old=(MEANT,)),
    }
    (folder / "prdo.yaml").write_text(GOOD)
    with pytest.raises(
        UserError, match=r"prdo\.yaml: is for no environment; name it after one of dev, prod, staging"
    ):
        read(["prod"], "HEAD")


def test_a_sign_off_renders_nothing_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fingerprint.of_inputs("prod")  # hashes the sources, which stay where they are
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    (tmp_path / "environments" / "sign-offs").mkdir(parents=True)
    before = fingerprint.of_inputs("prod")
    (tmp_path / "environments" / "sign-offs" / "prod.yaml").write_text(GOOD)
    assert fingerprint.of_inputs("prod") == before
    assert state.environment_names(tmp_path / "environments") == []
