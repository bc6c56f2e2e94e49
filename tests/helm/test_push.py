"""Packages go to a real registry, here one on this machine, once."""

import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from charts_src import cli, commands
from charts_src.errors import UserError
from charts_src.helm.programs import HELM4, HELMS
from charts_src.helm.push import Registry, publish
from charts_src.image_lock import CRANE
from tests.helm.charts import run, write_package
from tests.registry import serving

each_helm = pytest.mark.parametrize("helm", HELMS, ids=lambda helm: helm.name)


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serving() as address:
        yield Registry(f"{address}/charts", plain_http=True)


@pytest.fixture
def lines() -> list[str]:
    return []


def tags(registry: Registry, name: str) -> list[str]:
    listed = subprocess.run(
        [CRANE, "ls", f"{registry.address}/{name}"], capture_output=True, text=True, check=False
    )
    return listed.stdout.split()


@each_helm
def test_what_was_pushed_is_pulled_the_same(helm: Path, registry: Registry, tmp_path: Path) -> None:
    packages = [write_package(tmp_path, "web"), write_package(tmp_path, "api", "2.1.0-rc.1+build.5")]
    publish(tmp_path, registry, lambda _: None)
    for package, name, version in zip(packages, ("web", "api"), ("1.0.0", "2.1.0-rc.1+build.5"), strict=True):
        reference = f"oci://{registry.address}/{name}"
        pulled = tmp_path / name
        pulled.mkdir()
        run(helm, "pull", reference, "--version", version, "--plain-http", "--destination", pulled)
        (file,) = pulled.iterdir()
        assert (file.name, file.read_bytes()) == (package.name, package.read_bytes())


@each_helm
def test_helm_pushes_the_archive_as_it_is(helm: Path, registry: Registry, tmp_path: Path) -> None:
    package = write_package(tmp_path)
    publish(tmp_path, registry._replace(helm=helm), lambda _: None)
    manifest = run(CRANE, "manifest", f"{registry.address}/web:1.0.0")
    assert f'"digest":"sha256:{sha256(package.read_bytes()).hexdigest()}"' in manifest


@each_helm
def test_a_second_time_nothing_is_pushed(
    helm: Path, registry: Registry, tmp_path: Path, lines: list[str]
) -> None:
    registry = registry._replace(helm=helm)
    write_package(tmp_path)
    publish(tmp_path, registry, lines.append)
    before = run(CRANE, "digest", f"{registry.address}/web:1.0.0").strip()
    write_package(tmp_path, "web", "1.1.0")
    assert publish(tmp_path, registry, lines.append) == f"oci://{registry.address}: 1 pushed, 1 there already"
    digests = [run(CRANE, "digest", f"{registry.address}/web:{tag}").strip() for tag in ("1.0.0", "1.1.0")]
    assert digests[0] == before
    assert lines == [
        f"1 packages: asking oci://{registry.address} what it has of them",
        f"1/1 web 1.0.0: pushed {before}",
        f"2 packages: asking oci://{registry.address} what it has of them",
        "1/2 web 1.0.0: there already",
        f"2/2 web 1.1.0: pushed {digests[1]}",
    ]


@each_helm
def test_another_chart_of_the_same_version_is_refused_before_anything_is_pushed(
    helm: Path, registry: Registry, tmp_path: Path
) -> None:
    registry = registry._replace(helm=helm)
    package = write_package(tmp_path)
    publish(tmp_path, registry, lambda _: None)
    write_package(tmp_path, "api")
    theirs = package.read_bytes()
    write_package(tmp_path, **{"README.md": "# another\n"})
    with pytest.raises(UserError) as refusal:
        publish(tmp_path, registry, lambda _: None)
    assert str(refusal.value) == (
        f"web 1.0.0: oci://{registry.address}/web has this version with other content; raise the version of "
        "the chart, then run make charts"
    )
    assert tags(registry, "web") == ["1.0.0"]
    assert tags(registry, "api") == []
    assert f"sha256:{sha256(theirs).hexdigest()}" in run(CRANE, "manifest", f"{registry.address}/web:1.0.0")


@each_helm
def test_a_registry_that_does_not_answer_is_an_error(helm: Path, tmp_path: Path) -> None:
    write_package(tmp_path)
    with serving() as gone:
        pass
    with pytest.raises(UserError, match=r"^web 1\.0\.0: cannot be asked for: .*connection refused; mend"):
        publish(tmp_path, Registry(gone, plain_http=True, helm=helm), lambda _: None)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "REGISTRY: is missing; write REGISTRY=registry.example.com/charts"),
        ("oci://example.com/a", "REGISTRY=oci://example.com/a: has a scheme; write REGISTRY=example.com/a"),
        (
            "example.com/a/",
            "REGISTRY=example.com/a/: is no registry; write it as registry.example.com/charts",
        ),
        ("example.com/A", "REGISTRY=example.com/A: is no registry; write it as registry.example.com/charts"),
        ("--help", "REGISTRY=--help: is no registry; write it as registry.example.com/charts"),
    ],
)
def test_a_registry_that_is_none_is_refused(address: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as refusal:
        publish(tmp_path, Registry(address), lambda _: None)
    assert str(refusal.value) == message


def test_without_packages_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "CHARTS", tmp_path / "charts")
    assert cli.main(["publish-charts", "registry.example.com/charts"]) == 2
    assert capsys.readouterr().err == f"{tmp_path}/charts: has no packages (*.tgz); run make charts\n"


def test_the_command_pushes_what_make_charts_left(
    tmp_path: Path,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_package(tmp_path)
    monkeypatch.setattr(commands, "CHARTS", tmp_path)
    assert cli.main(["publish-charts", registry.address, "--plain-http"]) == 0
    assert capsys.readouterr().out == f"oci://{registry.address}: 1 pushed, 0 there already\n"
    assert tags(registry, "web") == ["1.0.0"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not gzip", "is no package of a chart: "),
        (b"", "is no package of a chart: "),
        (None, "holds web 1.0.0; remove it, run make charts"),
    ],
)
def test_a_file_that_is_no_package_is_refused(content: bytes | None, message: str, tmp_path: Path) -> None:
    package = write_package(tmp_path)
    path = package.rename(tmp_path / "other-1.0.0.tgz")
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as refusal:
        publish(tmp_path, Registry("example.com/charts"), lambda _: None)
    assert str(refusal.value).startswith(f"{path}: {message}")
    assert "\n" not in str(refusal.value)


def test_a_package_that_ends_early_is_refused(tmp_path: Path) -> None:
    package = write_package(tmp_path)
    package.write_bytes(package.read_bytes()[:700])
    with pytest.raises(UserError, match="is no package of a chart: "):
        publish(tmp_path, Registry("example.com/charts"), lambda _: None)


def test_a_missing_helm_says_what_builds_it(tmp_path: Path) -> None:
    write_package(tmp_path)
    with pytest.raises(UserError, match="run make publish-charts, which builds it"):
        publish(tmp_path, Registry("example.com/charts", helm=tmp_path / HELM4.name), lambda _: None)
