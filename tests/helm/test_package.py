"""Archives: the same bytes each time, and what Helm 3 and Helm 4 read."""

import gzip
import re
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from charts_src.helm import package as packaging
from charts_src.helm.package import package
from charts_src.helm.programs import HELMS
from charts_src.publish import Files
from tests.helm.charts import CRD, LONG, README, chart, run, write_package

LEAST = {"Chart.yaml": "name: web\nversion: 1.0.0\n"}

each_helm = pytest.mark.parametrize("helm", HELMS, ids=lambda helm: helm.name)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_package(tmp_path)


def test_a_chart_is_the_same_bytes_whatever_the_order_of_its_files() -> None:
    files = chart()
    backwards = dict(reversed(files.items()))
    assert package("web", "1.0.0", files) == package("web", "1.0.0", backwards)


def test_the_bytes_are_those_of_every_other_machine() -> None:
    files = {**LEAST, "templates/a.yaml": "# größer\n" * 20_000}
    digest = sha256(package("web", "1.0.0", files)).hexdigest()
    assert digest == "c192632cafa115287ea7b6de8df265f8a7fd35f090293fdc5e60103d1d7c2f5b"


def test_a_change_of_one_letter_is_another_archive() -> None:
    changed = chart(**{"README.md": "# wab\n"})
    assert package("web", "1.0.0", chart()) != package("web", "1.0.0", changed)


def test_the_chart_comes_first_then_files_by_path_owned_by_nobody(archive: Path) -> None:
    with tarfile.open(archive, "r:gz") as opened:
        entries = opened.getmembers()
    assert [entry.name for entry in entries] == [
        "web/Chart.yaml",
        "web/README.md",
        "web/crds/things.yaml",
        f"web/{LONG}",
        "web/templates/deployment-web.yaml",
        "web/values.schema.json",
        "web/values.yaml",
        "web/values/prod.yaml",
    ]
    described = {(e.mode, e.mtime, e.uid, e.gid, e.uname, e.gname, e.type) for e in entries}
    assert described == {(0o644, 0, 0, 0, "", "", tarfile.REGTYPE)}


def test_the_gzip_header_names_no_file_time_or_system(archive: Path) -> None:
    data = archive.read_bytes()
    assert data[:10] == b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    assert len(gzip.decompress(data)) % tarfile.RECORDSIZE == 0  # the checksum and the length are right


@each_helm
def test_helm_shows_the_chart(helm: Path, archive: Path) -> None:
    shown = yaml.safe_load(run(helm, "show", "chart", archive))
    assert (shown["name"], shown["version"]) == ("web", "1.0.0")
    assert yaml.safe_load(run(helm, "show", "crds", archive)) == yaml.safe_load(CRD)
    assert run(helm, "show", "readme", archive).strip() == README.strip()


@each_helm
def test_helm_renders_the_archive_as_it_renders_the_folder(helm: Path, archive: Path, tmp_path: Path) -> None:
    for path, text in chart().items():
        file = tmp_path / "folder" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    values = tmp_path / "folder" / "values" / "prod.yaml"
    options = ("--namespace", "shop", "--values", values, "--include-crds")
    packed, unpacked = (run(helm, "template", "a", of, *options) for of in (archive, tmp_path / "folder"))
    assert packed == unpacked
    kinds = {body["kind"]: body for body in yaml.safe_load_all(packed)}
    assert kinds.keys() == {"CustomResourceDefinition", "ConfigMap", "Deployment"}
    assert kinds["Deployment"]["spec"]["replicas"] == 3
    assert kinds["Deployment"]["metadata"]["namespace"] == "shop"


@each_helm
def test_helm_lints_the_archive(helm: Path, archive: Path) -> None:
    assert "0 chart(s) failed" in run(helm, "lint", "--strict", archive)


@each_helm
def test_helm_reads_charts_inside_a_chart(helm: Path, tmp_path: Path) -> None:
    inner = {f"charts/web/{path}": text for path, text in chart().items()}
    metadata = yaml.safe_dump(
        {
            "apiVersion": "v2",
            "name": "all",
            "version": "2.0.0",
            "dependencies": [{"name": "web", "version": "1.0.0"}],
        }
    )
    path = tmp_path / "all-2.0.0.tgz"
    path.write_bytes(package("all", "2.0.0", {"Chart.yaml": metadata, "values.yaml": "", **inner}))
    bodies = list(yaml.safe_load_all(run(helm, "template", "a", path, "--set", "web.replicas=7")))
    assert [body["spec"]["replicas"] for body in bodies if body["kind"] == "Deployment"] == [7]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "a chart without Chart.yaml"),
        ({"Chart.yaml": "name: web\nversion: 1.0.1\n"}, "web 1.0.0: Chart.yaml says web 1.0.1"),
        ({**LEAST, "../a": ""}, "web: '../a' is not a normalised relative path"),
        ({**LEAST, "/a": ""}, "web: '/a' is not a normalised relative path"),
        ({**LEAST, "a\\b": ""}, "web: 'a\\\\b' is not a normalised relative path"),
    ],
)
def test_what_is_no_chart_is_refused(files: Files, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        package("web", "1.0.0", files)


def test_a_file_that_helm_3_would_not_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaging, "MAX_FILE", 31)
    with pytest.raises(ValueError, match=r"^web: a has 32 bytes; Helm 3 reads at most 31$"):
        package("web", "1.0.0", {**LEAST, "a": "ä" * 16})


def test_more_than_helm_reads_of_a_chart_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaging, "MAX_CHART", 100)
    with pytest.raises(ValueError, match=r"^web: has 225 bytes; Helm reads less than 100$"):
        package("web", "1.0.0", {**LEAST, "a": "a" * 200})
