"""Promotion, comparison and explanation as a person runs them."""

import pytest

from tests.cli.copies import Copy

STAGING = "stable_diffusion:\n  gpu:\n    replicas: {min: 1, max: 2}\n"
IMAGE = "777788889999.dkr.ecr.us-east-2.amazonaws.com/genai-on-eks/stable-diffusion-serve-gpu"


def test_a_promotion_edits_one_file_and_shows_what_that_renders_to(copy: Copy) -> None:
    copy.edit("environments/staging.yaml", STAGING, f"{STAGING}    image_tag: 0.2.0\n")
    before = copy.files("environments", "rendered")
    done = copy.run("promote", "staging", "prod")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == [
        "prod: 1 version from staging",
        '  stable_diffusion.gpu.image_tag: "0.1.0" -> "0.2.0"',
    ]
    assert lines[3:6] == [
        "",
        "stable-diffusion",
        "  ~ RayService.ray.io stable-diffusion/stable-diffusion-gpu",
    ]
    assert f"        + {IMAGE}:0.2.0" in lines
    assert lines[-2:] == ["1 changed, 0 added, 0 removed in prod", "make render ENV=prod writes this."]
    after = copy.files("environments", "rendered")
    assert [path for path in after if after[path] != before[path]] == ["environments/prod.yaml"]
    text, old = after["environments/prod.yaml"].decode(), before["environments/prod.yaml"].decode()
    assert text == old.replace(
        "  gpu:\n    replicas: {min: 2", "  gpu:\n    image_tag: 0.2.0\n    replicas: {min: 2"
    )


@pytest.mark.heavy
def test_a_second_promotion_has_nothing_to_do(copy: Copy) -> None:
    copy.edit("environments/staging.yaml", STAGING, f"{STAGING}    image_tag: 0.2.0\n")
    copy.run("promote", "staging", "prod")
    before = copy.files("environments")
    done = copy.run("promote", "staging", "prod", "--component", "stable-diffusion")
    assert done.stdout.splitlines()[0] == "prod: nothing of stable-diffusion to promote from staging"
    assert copy.files("environments") == before


def test_an_unknown_environment_is_answered_in_one_line(shared: Copy) -> None:
    for command in (("promote", "stagin", "prod"), ("compare", "stagin", "prod")):
        done = shared.run(*command)
        assert (done.returncode, done.stderr) == (2, "stagin: unknown environment; did you mean staging?\n")


def test_a_field_that_is_not_there_is_answered_in_one_line(shared: Copy) -> None:
    file = "rendered/prod/karpenter/deployment-karpenter.yaml"
    done = shared.run("why", f"{file}:spec.replica")
    assert done.returncode == 2
    assert done.stderr == f"{file}: has no spec.replica; did you mean spec.replicas?\n"


@pytest.mark.heavy
def test_an_environment_is_not_compared_with_itself(shared: Copy) -> None:
    done = shared.run("compare", "prod", "prod")
    assert (done.returncode, done.stderr) == (
        2,
        "compare: prod is both A and B; name two environments\n",
    )
