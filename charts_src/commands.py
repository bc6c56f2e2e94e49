"""The commands: each takes plain arguments and returns what to print and the exit code.

What a command needs is imported where it is used: rendering starts Node, and a render that finds nothing
to do must not.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from charts_src import ROOT, fingerprint, state
from charts_src.objects import AWS_FOLDER

if TYPE_CHECKING:
    from charts_src.steps.plan import Plan

DONE, DIFFERENT = 0, 1

DOCS = ROOT / "docs" / "components.md"
"""The page about components."""

CHARTS = ROOT / "dist" / "charts"
"""Charts of the components, and their packages."""

JOBS = ("llama2", "prune-checkpoints", "ray-train", "stable-diffusion-finetune", "text-pipeline")
"""Jobs that a person can start; charts_src/jobs.py says what each is made of."""

_MARKER_ROOM = 1024
"""Characters of a pull-request comment that are left to the workflow, which marks the comment as its own."""


class Outcome(NamedTuple):
    """The result of a command."""

    code: int
    """Exit code: 0 done, 1 differences or violations found."""
    text: str
    """What to print."""


def render(names: list[str], *, recall: bool) -> Outcome:
    """Bring the folders of the environments up to date and list the objects that changed.

    With `recall`, an environment whose inputs and folders are as the last render left them is not rendered,
    and components that no change touches are taken from earlier renders.
    """
    inputs = {name: fingerprint.of_inputs(name) for name in names}  # before any of them is read
    due = [name for name in names if not (recall and state.is_current(name, inputs[name]))]
    lines = dict.fromkeys(names, "up to date")
    if due:
        from charts_src import workspace

        lines |= workspace.update(names, {name: inputs[name] for name in due}, recall=recall)
    return Outcome(DONE, "".join(f"{name}: {line}\n" for name, line in lines.items()))


def verify(names: list[str]) -> Outcome:
    """Render everything anew, without writing, and report where the folders on disk differ."""
    from charts_src import workspace

    stale = workspace.stale_paths(names)
    return Outcome(
        DIFFERENT if stale else DONE, "".join(f"{path}: not what a full render gives\n" for path in stale)
    )


def diff(names: list[str], base: str | None, form: str, *, color: bool) -> Outcome:
    """Compare a fresh render with the checked-in tree, or the checked-in tree with a Git revision."""
    from charts_src import workspace
    from charts_src.diff.report import COMMENT_LIMIT, to_json, to_markdown, to_text

    found = workspace.changes_since(names, base) if base else workspace.changes_by_rendering(names)
    if form == "json":
        return Outcome(DONE, to_json(found))
    if form == "markdown":
        limit = (COMMENT_LIMIT - _MARKER_ROOM) // len(names)
        return Outcome(DONE, "".join(to_markdown(changes, name, limit) for name, changes in found.items()))
    return Outcome(DONE, "".join(to_text(changes, name, color=color) for name, changes in found.items()))


def validate(names: list[str]) -> Outcome:
    """Check every manifest of the environments strictly against its schema, and all of them together."""
    from charts_src import workspace
    from charts_src.dead_keys.find import repeated_keys

    reports, proofs = workspace.validate(names), workspace.prove(names)
    lines = [f"{name}: {found}\n" for name in names for found in (reports[name], proofs[name])]
    repeated = repeated_keys(names, state.ENVIRONMENTS)
    holds = not repeated and all(reports[name].ok and not proofs[name].failures for name in names)
    return Outcome(DONE if holds else DIFFERENT, "".join([*lines, *(f"{each}\n" for each in repeated)]))


def show_plan(name: str, plan: str) -> Outcome:
    """Print the steps of a plan."""
    from charts_src.steps import show

    return Outcome(DONE, show.text(_plan(name, plan)) + f"make {plan} ENV={name} RUN=1 runs these steps.\n")


def cluster_of(name: str) -> str:
    """Name the cluster of an environment, as its plans have it."""
    return _plan(name, "teardown").cluster


def run_plan(name: str, plan: str, say: Callable[[str], None], *, keep_data: bool) -> Outcome:
    """Run a plan; `say` takes lines of progress."""
    from charts_src.steps.runner import Runner, StepError

    try:
        report = Runner(_plan(name, plan), ROOT, say, keep_data=keep_data).run()
    except StepError as error:
        return Outcome(DIFFERENT, f"{error}\n")
    return Outcome(DONE, f"{report}\n{plan}: done\n".lstrip())


def _plan(name: str, plan: str) -> "Plan":
    from charts_src.steps.plan import read

    return read(state.folders(name)[""] / AWS_FOLDER / f"{plan}.yaml")


def run_job(
    name: str, job: str, say: Callable[[str], None], *, step: str, settings: list[str], show: bool
) -> Outcome:
    """Start a job and follow it to its end, or with `show` print what would be created."""
    from charts_src import jobs, workspace
    from charts_src.emit import emit

    body = jobs.manifest(workspace.objects(name), job, step, settings)
    if show:
        return Outcome(DONE, emit(body))
    namespace = body["metadata"]["namespace"]
    kubectl = jobs.Kubectl(ROOT / ".cache" / f"kubeconfig-{cluster_of(name)}")
    created = kubectl("create", "--filename=-", "--output=name", given=emit(body)).strip()
    say(f"{created} started; kubectl delete --namespace={namespace} {created} stops and removes it")
    return Outcome(DONE if jobs.follow(kubectl, created, namespace, say) else DIFFERENT, "")


def connections(names: list[str]) -> Outcome:
    """List who may talk to whom, as the network policies of the environments allow it."""
    from charts_src import workspace
    from charts_src.proofs.connections import matrix

    rows = [(name, *row) for name in names for row in matrix(workspace.objects(name))]
    return Outcome(DONE, "".join("\t".join(row) + "\n" for row in rows))


def write_schemas(*, only_environment: bool) -> Outcome:
    """Derive schemas/ anew from the model and, but for `only_environment`, from the pinned packages."""
    from charts_src import schemas

    schemas.write_environment()
    if not only_environment:
        schemas.write_upstream()
    return Outcome(DONE, "")


def expiry(day: str) -> Outcome:
    """List what is pinned and past, or near, the end of its support; exit 1 when something is past."""
    from datetime import date

    from charts_src.errors import UserError
    from charts_src.ledger import due, pins

    try:
        today = date.fromisoformat(day)
    except ValueError:
        raise UserError(f"{day}: is no date; write it as 2026-11-24") from None
    entries = pins()
    found = due(entries, today)
    past = any(each.state == "past" for each in found)
    lines = [*map(str, found), f"{len(entries)} pinned, {len(found)} to look at on {today}"]
    return Outcome(DIFFERENT if past else DONE, "".join(f"{line}\n" for line in lines))


def docs(*, check: bool) -> Outcome:
    """Write the page about components, or report that it is not what the components say."""
    from charts_src import workspace
    from charts_src.publish import replace_file

    page = workspace.components_page()
    stale = not DOCS.is_file() or DOCS.read_text(encoding="utf-8") != page
    if check:
        return (
            Outcome(DIFFERENT, f"{DOCS.relative_to(ROOT)}: stale; run make docs\n")
            if stale
            else Outcome(DONE, "")
        )
    DOCS.parent.mkdir(exist_ok=True)
    replace_file(DOCS, page)
    return Outcome(DONE, "")


def lock_images() -> Outcome:
    """Ask the registries for the digest of every image that the ledger pins."""
    from charts_src.image_lock import lock
    from charts_src.ledger import pins

    changed = lock(pin.value for pin in pins() if pin.kind == "image")
    return Outcome(DONE, "".join(f"{line}\n" for line in changed))


def make_charts(say: Callable[[str], None]) -> Outcome:
    """Make every chart and its package in dist/charts/; `say` takes lines of progress."""
    from charts_src.helm.make import make

    count = make(CHARTS, lambda name, of: say(f"  {name} (of {of})"))
    return Outcome(DONE, f"{count} charts in {CHARTS.relative_to(ROOT)}\n")


def publish_charts(address: str, say: Callable[[str], None], *, plain_http: bool) -> Outcome:
    """Push the packages of dist/charts/ that a registry has not; `say` takes lines of progress."""
    from charts_src.helm.push import Registry, publish

    done = publish(CHARTS, Registry(address, plain_http=plain_http), say)
    return Outcome(DONE, f"{done}\n")


def dead_keys(names: list[str], tell: Callable[[int, int], None]) -> Outcome:
    """List keys of environments/ that change nothing; `tell` takes keys done, and of how many."""
    from charts_src.dead_keys.find import dead_keys as find

    found = find(names, state.ENVIRONMENTS, tell)
    return Outcome(DIFFERENT if found else DONE, "".join(f"{each}\n" for each in found))


def promote(source: str, target: str, component: str, *, color: bool) -> Outcome:
    """Take the versions of one environment to another, in its file, and show what that changes."""
    from charts_src import workspace
    from charts_src.diff.compare import compare
    from charts_src.diff.report import to_text
    from charts_src.promote.promote import described, prepare, write

    promotion = prepare(state.ENVIRONMENTS, source, target, component)
    text = described(promotion, component)
    if not promotion.plan.moves:
        return Outcome(DONE, text)
    before, after = (
        workspace.joined(workspace.fresh({target: env}, recall=True)[target])
        for env in (promotion.before, promotion.after)
    )
    write(promotion)
    changes = to_text(compare(before, after), target, color=color)
    return Outcome(DONE, f"{text}\n{changes}make render ENV={target} writes this.\n")


def compare(one: str, other: str, form: str, tell: Callable[[int, int], None]) -> Outcome:
    """Say how and why two environments differ; `tell` takes components done, and of how many."""
    from charts_src import workspace
    from charts_src.compare.report import comparison, to_json, to_text
    from charts_src.errors import UserError
    from charts_src.incremental import Units

    if one == other:
        raise UserError(f"compare: {one} is both A and B; name two environments")
    environments = workspace.read_environments([one, other])
    found = comparison(environments[one], environments[other], Units(), tell)
    return Outcome(DONE, to_json(found) if form == "json" else to_text(found))


def why(address: str, tell: Callable[[int, int], None]) -> Outcome:
    """Say which decision a rendered field comes from; `tell` takes experiments done, and of how many."""
    from charts_src.why.answer import explain

    return Outcome(DONE, explain(address, tell))


def new(name: str) -> Outcome:
    """Write the files of a new component."""
    from charts_src.scaffold import new_component

    return Outcome(DONE, "".join(f"{path.relative_to(ROOT)}\n" for path in new_component(name)))


def check_schemas() -> Outcome:
    """Derive schemas/ in memory and report what differs on disk."""
    from charts_src import schemas

    stale = schemas.stale_paths()
    return Outcome(
        DIFFERENT if stale else DONE, "".join(f"{path}: stale; run make schemas\n" for path in stale)
    )
