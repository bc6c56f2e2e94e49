"""An environment may take its components from charts, and from its rendered directory again."""

import yaml

from tests.cli.copies import Copy, changed

CHARTS = "argocd:\n  charts:\n    registry: registry.example.com/charts\n    version: 1.4.0\n"


def with_charts(copy: Copy) -> None:
    copy.append("environments/dev.yaml", CHARTS)


def folders(printed: str) -> set[str]:
    """Name the folders in which a render changed something, and refuse one that added or removed."""
    lines = [line.split() for line in printed.splitlines()[1:]]
    assert {status for status, _ in lines} == {"changed"}
    return {path.rpartition("/")[0] for _, path in lines}


def test_charts_change_applications_and_no_object_of_a_component(copy: Copy) -> None:
    with_charts(copy)
    assert folders(copy.render("dev")) == {"argocd/dev"}


def test_directories_are_back_to_the_byte_when_charts_are_gone(copy: Copy) -> None:
    file = copy.root / "environments/dev.yaml"
    decisions, before = file.read_text(), copy.files()
    with_charts(copy)
    copy.render("dev")
    assert copy.files() != before
    file.write_text(decisions)
    assert folders(copy.render("dev")) == {"argocd/dev"}
    assert copy.files() == before


def test_a_decision_changes_the_values_of_those_who_read_it_and_what_they_render(copy: Copy) -> None:
    with_charts(copy)
    copy.render("dev")
    copy.edit("environments/dev.yaml", "karpenter:\n  cpu: 500m", "karpenter:\n  cpu: 750m")
    before = copy.files()
    copy.render("dev")
    found = changed(before, copy.files())
    assert "rendered/dev/karpenter/deployment-karpenter.yaml" in found
    applications = {path for path in found if path.startswith("argocd/")}
    assert "argocd/dev/application-karpenter.yaml" in applications
    assert "argocd/dev/application-karpenter-crds.yaml" not in applications
    for path in applications:
        source = yaml.safe_load((copy.root / path).read_text())["spec"]["source"]
        assert source["helm"]["valuesObject"]["global"]["karpenter"]["cpu"] == "750m"


def test_the_values_of_a_recalled_component_are_those_of_one_that_is_rendered_anew(copy: Copy) -> None:
    with_charts(copy)
    copy.render("dev")
    recalled = copy.files()
    copy.render("--full", "dev")
    assert copy.files() == recalled
