"""What each command prints, and its exit code."""

import json
import shutil
from pathlib import Path

import pytest

from charts_src.objects import NOT_OBJECTS
from tests.cli.copies import Copy

POOL = "rendered/prod/node-pools/nodepool-gpu.yaml"

# Runs a command and names what it imported of what a command without work must not import.
IMPORTS = """
import sys
from charts_src.cli import main
code = main(sys.argv[1:])
print(code, sorted({"jsii", "cdk8s", "yaml", "pydantic", "jsonschema"} & set(sys.modules)))
"""


def raise_a_limit(copy: Copy) -> None:
    copy.edit(
        "environments/prod.yaml", "g6e.2xlarge]\n      max_nodes: 24", "g6e.2xlarge]\n      max_nodes: 25"
    )


def test_a_render_with_nothing_to_do_says_so_and_touches_nothing(shared: Copy) -> None:
    before = shared.status()
    assert shared.render("all") == "dev: up to date\nprod: up to date\nstaging: up to date\n"
    assert shared.status() == before


def test_a_render_with_nothing_to_do_does_not_start_node(shared: Copy) -> None:
    idle = shared.python(IMPORTS, "render", "all").stdout.splitlines()[-1]
    assert idle == "0 []"
    busy = shared.python(IMPORTS, "render", "--full", "dev").stdout.splitlines()[-1]
    assert busy == "0 ['cdk8s', 'jsii', 'jsonschema', 'pydantic', 'yaml']"


def test_a_full_render_of_what_is_up_to_date_touches_nothing(shared: Copy) -> None:
    before = shared.status()
    assert shared.render("--full", "dev") == "dev: 0 changed, 0 added, 0 removed\n"
    assert shared.status() == before


def test_a_render_lists_what_it_changed_added_and_removed(copy: Copy) -> None:
    raise_a_limit(copy)
    (copy.root / "rendered/prod/namespaces/namespace-stable-diffusion.yaml").unlink()
    copy.append("argocd/prod/application-stray.yaml", "stray\n")
    assert copy.render("prod", "dev") == (
        "prod: 1 changed, 1 added, 1 removed\n"
        "  changed  rendered/prod/node-pools/nodepool-gpu.yaml\n"
        "  added    rendered/prod/namespaces/namespace-stable-diffusion.yaml\n"
        "  removed  argocd/prod/application-stray.yaml\n"
        "dev: up to date\n"
    )


def test_verify_names_what_is_stale_and_writes_nothing(copy: Copy) -> None:
    raise_a_limit(copy)
    copy.shell("sed -i 's/$/\\r/' argocd/dev/application-namespaces.yaml").check_returncode()
    before = copy.status()
    done = copy.run("render", "--verify", "all")
    assert done.returncode == 1
    assert done.stdout == (
        "argocd/dev/application-namespaces.yaml: not what a full render gives\n"
        "rendered/prod/node-pools/nodepool-gpu.yaml: not what a full render gives\n"
        "rendered/prod/provenance.yaml: not what a full render gives\n"
    )
    assert copy.status() == before


DIFFERENCE = """\
node-pools
  ~ NodePool.karpenter.sh gpu
      spec.limits.cpu
        - "192"
        + "200"
      spec.limits.memory
        - 1536Gi
        + 1600Gi
      spec.limits.nodes
        - "24"
        + "25"
      spec.limits["nvidia.com/gpu"]
        - "24"
        + "25"

1 changed, 0 added, 0 removed in prod
"""


def test_a_diff_shows_the_fields_that_a_render_would_change(copy: Copy) -> None:
    raise_a_limit(copy)
    before = copy.status()
    text = copy.run("diff", "prod")
    assert (text.returncode, text.stdout, text.stderr) == (0, DIFFERENCE, "")
    (change,) = json.loads(copy.run("diff", "prod", "--format", "json").stdout)["prod"]
    assert change["component"] == "node-pools"
    assert change["object"] == {"group": "karpenter.sh", "kind": "NodePool", "namespace": "", "name": "gpu"}
    assert {"path": "spec.limits.nodes", "old": "24", "new": "25"} in change["fields"]
    markdown = copy.run("diff", "prod", "--format", "markdown").stdout
    assert markdown.startswith("### <code>prod</code>: 1 changed, 0 added, 0 removed\n")
    assert '@@ spec.limits.nodes @@\n- "24"\n+ "25"\n' in markdown
    assert copy.status() == before


def test_a_diff_with_a_revision_shows_what_the_branch_changes(copy: Copy) -> None:
    identity = "-c user.name=test -c user.email=test@example.com"
    copy.shell(
        f"git init -q && git add rendered argocd && git {identity} commit -qm first"
    ).check_returncode()
    assert copy.run("diff", "prod", "--base", "HEAD").stdout == "0 changed, 0 added, 0 removed in prod\n"
    raise_a_limit(copy)
    copy.render("prod")
    assert copy.run("diff", "prod", "--base", "HEAD").stdout == DIFFERENCE
    unknown = copy.run("diff", "prod", "--base", "nowhere")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith("revision 'nowhere': ")
    assert len(unknown.stderr.splitlines()) == 1


@pytest.mark.heavy
def test_what_is_rendered_is_valid(whole: Copy) -> None:
    done = whole.run("validate", "all")
    assert (done.returncode, done.stderr) == (0, "")
    schemas, proofs = done.stdout.splitlines()[::2], done.stdout.splitlines()[1::2]
    for lines in (schemas, proofs):
        assert [line.split(":")[0] for line in lines] == ["dev", "prod", "staging"]
    assert all(line.endswith(" valid, 0 invalid, 0 errors, 0 skipped") for line in schemas)
    assert all(line.endswith(" connections, 0 failures") for line in proofs)
    objects = whole.files("rendered/prod", "argocd/prod", "argocd/bootstrap/prod")
    valid = [path for path in objects if path.endswith(".yaml") and Path(path).name not in NOT_OBJECTS]
    assert schemas[1] == f"prod: {len(valid)} valid, 0 invalid, 0 errors, 0 skipped"


def test_an_invalid_file_is_named(copy: Copy) -> None:
    bad = "rendered/prod/node-pools/nodepool-bad.yaml"
    shutil.move(copy.root / POOL, copy.root / bad)
    copy.edit(bad, "  weight: ", "  wait: ")
    done = copy.run("validate", "prod")
    assert done.returncode == 1
    counts, problem = done.stdout.splitlines()[:2]
    assert counts.startswith("prod: ")
    assert counts.endswith(" valid, 1 invalid, 0 errors, 0 skipped")
    assert problem.startswith(f"{copy.root / bad}: NodePool gpu: ")
    assert "wait" in problem
