"""Sizes: what tools show less of, or refuse."""

import json

import pytest

from charts_src.review.gates import size_section
from charts_src.review.gates.sizes import DiffSize, diff_size, gate
from charts_src.review.page import Section, Text
from tests.review.gates.pairs import edited, found, pair

APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: app, namespace: argocd}
spec: {syncPolicy: {syncOptions: [ServerSideApply=true]}}
"""


def config_map(size: int, name: str = "large") -> str:
    head = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: a}}"
    return f"{head}\ndata:\n  x: {'y' * size}\n"


def json_size(size: int) -> int:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "large", "namespace": "a"}}
    return len(json.dumps({**body, "data": {"x": "y" * size}}, separators=(",", ":")))


def with_application(size: int, application: str = APPLICATION) -> dict[str, str]:
    return {"app/a.yaml": config_map(size), "argocd/app.yaml": application}


def test_an_object_may_be_as_large_as_the_annotation_of_client_side_apply() -> None:
    client = edited(APPLICATION, "ServerSideApply=true", "PruneLast=true")
    small = with_application(1, client)
    most = 262_144 - json_size(0)
    assert found(gate, pair(small, with_application(most, client))) == []
    assert found(gate, pair(small, with_application(most + 1, client))) == [
        "sizes: ConfigMap a/large: has 262,145 bytes, the most that fits into the annotation "
        "last-applied-configuration is 262,144; add ServerSideApply=true to the application's syncOptions"
    ]
    assert found(gate, pair(small, with_application(most + 1))) == []


def test_a_config_map_may_have_a_mebibyte() -> None:
    small, most = with_application(1), 1_048_576 - json_size(0)
    assert found(gate, pair(small, with_application(most))) == []
    assert found(gate, pair(small, with_application(most + 1))) == [
        "sizes: ConfigMap a/large: has 1,048,577 bytes, the most of a ConfigMap is 1,048,576; divide it "
        "in two"
    ]


def test_no_object_may_be_larger_than_a_request_to_etcd() -> None:
    def definition(size: int) -> dict[str, str]:
        text = edited(config_map(size), "v1\nkind: ConfigMap", "example.com/v1\nkind: Thing")
        return {"app/a.yaml": text, "argocd/app.yaml": APPLICATION}

    (message,) = found(gate, pair(definition(1), definition(1_572_864)))
    assert message.startswith("sizes: Thing a/large: has 1,572,")
    assert message.endswith(
        " bytes, the most of a request to etcd is 1,572,864; divide it, or shorten its descriptions"
    )
    assert found(gate, pair(definition(1_572_864), definition(1_572_865))) == []


def test_an_application_may_have_ten_megabytes() -> None:
    def parts(count: int) -> dict[str, str]:
        return {f"app/{n}.yaml": config_map(1_000_000, f"part{n}") for n in range(count)}

    assert found(gate, pair(parts(8), parts(9))) == []
    assert found(gate, pair(parts(9), parts(10))) == [
        "sizes: Application app: has 10,000,810 bytes of manifests, Argo CD reads 10,000,000; divide it "
        "in two"
    ]
    assert found(gate, pair(parts(10), parts(11))) == []


def test_the_diff_is_measured_with_its_context() -> None:
    old = "".join(f"line {n}\n" for n in range(20))
    both = pair({}, {})
    both = both._replace(
        old=both.old._replace(files={"a": old, "same": old}),
        new=both.new._replace(files={"a": old.replace("line 9\n", "line nine\n"), "same": old}),
    )
    # Two lines of names, one of place, six around, one that goes and one that comes.
    assert diff_size([both, both])[:2] == (2, 22)


def test_a_long_file_is_measured_without_context() -> None:
    old = "".join(f"line {n}\n" for n in range(3000))
    both = pair({}, {})
    both = both._replace(
        old=both.old._replace(files={"a": old}),
        new=both.new._replace(files={"a": old.replace("line 9\n", "line nine\n")}),
    )
    assert diff_size([both]) == DiffSize(1, 2, len("line 9line nine") + 4)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (DiffSize(301, 1, 1), "301 files of 300"),
        (DiffSize(1, 20_001, 1), "20,001 lines of 20,000"),
        (DiffSize(1, 1, 1_000_001), "1,000,001 bytes of 1,000,000"),
    ],
)
def test_says_what_github_does_not_show(size: DiffSize, words: str) -> None:
    assert size.excesses() == [words]


def test_a_diff_within_the_limits_does_not_alarm() -> None:
    assert DiffSize(300, 20_000, 1_000_000).excesses() == []
    assert size_section([]) == Section(
        "Size of the diff", (Text("0 generated files, 0 lines, 0 bytes of diff."),), alarm=False
    )


def test_a_diff_beyond_the_limits_alarms() -> None:
    both = pair({}, {})
    both = both._replace(new=both.new._replace(files={f"f{n}": "x\n" for n in range(301)}))
    assert size_section([both]) == Section(
        "Size of the diff",
        (
            Text(
                "301 generated files, 1,204 lines, 8,127 bytes of diff. GitHub does not show all of it: "
                "301 files of "
                "300. Divide the pull request, by environment or by component, so that each part can be read."
            ),
        ),
        alarm=True,
    )
