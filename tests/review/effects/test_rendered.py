"""Changes of what is really rendered, made in memory."""

from functools import cache

from charts_src import config, state, workspace
from charts_src.publish import Files
from charts_src.review.effects import blast, bumps, changes
from charts_src.review.page import Bullets, Text
from charts_src.review.read import pair_of
from charts_src.review.sides import Pair


@cache
def rendered() -> Files:
    return workspace.checked_in("dev")


def edited(*edits: tuple[str, str, str]) -> Pair:
    """Replace a text by another in the files whose path begins with a prefix; each has to be there."""
    new = dict(rendered())
    for prefix, old_text, new_text in edits:
        touched = [path for path, text in new.items() if path.startswith(prefix) and old_text in text]
        assert touched, (prefix, old_text)
        new |= {path: new[path].replace(old_text, new_text) for path in touched}
    env = config.load("dev", state.ENVIRONMENTS)
    return pair_of("dev", (env, rendered()), (env, new))


def test_the_same_files_have_no_effect() -> None:
    pair = edited()
    assert blast.blast(pair) == blast.Blast("dev", (), (), (), (), ())
    assert bumps.bumps([pair]) == []
    assert changes.section(pair).blocks == (Text("Nothing changes."),)


def test_an_image_of_karpenter_rolls_its_deployment() -> None:
    pair = edited(("karpenter/", "controller:1.15.1", "controller:1.15.2"))
    found = blast.blast(pair)
    assert (found.applications, found.namespaces, found.replaced, found.removed) == (
        ("karpenter",),
        ("karpenter",),
        (),
        (),
    )
    assert [(str(each.subject), each.when, each.pods) for each in found.restarts] == [
        ("Deployment karpenter/karpenter", "now", 2)
    ]
    assert [(row.what, row.old, row.new) for row in bumps.bumps([pair])] == [
        ("public.ecr.aws/karpenter/controller", "1.15.1", "1.15.2")
    ]


def test_ray_recreates_a_cluster_and_puts_another_beside_a_service() -> None:
    pair = edited(
        *((f"{name}/ray", "rayVersion: 2.60.0", "rayVersion: 2.61.0") for name in ("ray-cluster", "llm"))
    )
    assert [(str(each.subject), each.when) for each in blast.blast(pair).restarts] == [
        ("RayService llm/llm", "beside"),
        ("RayCluster ray/shared", "now"),
    ]


def test_an_ami_moves_pods_where_a_budget_lets_it() -> None:
    pair = edited(("node-pools/ec2nodeclass", "alias: al2023@", "alias: al2023@v"))
    found = {each.subject.name: each for each in blast.blast(pair).restarts}
    assert found["trainium"].when == "later"
    assert found["batch"].when == "nodes"
    assert "spark-jobs/text-pipeline" in found["batch"].how


def test_a_storage_class_is_refused() -> None:
    pair = edited(("storage/storageclass-gp3.yaml", "type: gp3", "type: io2"))
    (found,) = blast.blast(pair).replaced
    assert (str(found.subject), found.fields) == ("StorageClass gp3", ("parameters.type",))


def test_a_component_that_goes_is_listed() -> None:
    env = config.load("dev", state.ENVIRONMENTS)
    new = {path: text for path, text in rendered().items() if not path.startswith("tensorboard/")}
    pair = pair_of("dev", (env, rendered()), (env, new))
    found = blast.blast(pair)
    assert [(str(each.subject), each.when, each.pods) for each in found.restarts] == [
        ("Deployment training/tensorboard", "ends", 1)
    ]
    assert len(found.removed) == 6
    *_, names = changes.section(pair).blocks
    assert isinstance(names, Bullets)
    assert "Deployment.apps training/tensorboard" in names.lines


def test_a_claim_that_shrinks_is_refused() -> None:
    pair = edited(("jupyterhub/persistentvolumeclaim-hub-db-dir.yaml", "storage: 1Gi", "storage: 512Mi"))
    (found,) = blast.blast(pair).replaced
    assert (str(found.subject), found.fields) == (
        "PersistentVolumeClaim jupyterhub/hub-db-dir",
        ("spec.resources.requests.storage",),
    )
    assert found.remedy.startswith("a volume can't shrink")
