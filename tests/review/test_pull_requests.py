"""Ten pull requests as people write them, and all that the review says of each, literally.

What is expected is in expected/, a file for each: versions, then for each environment the changed fields,
what restarts or has to be replaced, what gates and proofs find, and the cost.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.review.pull_requests import Repository

pytestmark = pytest.mark.heavy

EXPECTED = Path(__file__).with_name("expected")
ACCESS_KEY = "AKIA" + "ABCDEFGHIJKLMNOP"  # in two parts, or this file itself would hold a credential


def expected(name: str) -> str:
    return (EXPECTED / f"{name}.txt").read_text()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("pull-requests") / "repository")


@pytest.fixture
def repository(base: Repository) -> Iterator[Repository]:
    yield base
    base.reset()


def test_nothing_is_found_where_nothing_changes(repository: Repository) -> None:
    assert repository.review("dev", "prod", "staging") == expected("nothing")


def test_a_version_bump_restarts_the_pods_of_every_environment_in_turn(repository: Repository) -> None:
    file = "charts_src/components/node_exporter.py"
    repository.edit(file, 'VERSION = "1.12.1"', 'VERSION = "1.13.0"')
    repository.render("all")
    assert repository.touched() == ["rendered/dev", "rendered/prod", "rendered/staging"]
    assert repository.review("dev", "prod", "staging") == expected("version-bump")


def test_a_larger_pool_raises_the_ceiling_above_the_budget_and_restarts_nothing(
    repository: Repository,
) -> None:
    pool = "      efa: true\n      max_nodes: {}\n    trainium2:\n"
    repository.edit("environments/prod.yaml", pool.format(8), pool.format(12))
    repository.render("prod")
    assert repository.touched() == ["rendered/prod"]
    assert repository.review("prod") == expected("scale")


def test_a_new_pool_that_takes_pods_from_a_cheaper_one_exceeds_the_budget(repository: Repository) -> None:
    pool = "    inferentia-large:\n      purpose: inference\n      instance_types: [inf2.24xlarge]\n"
    repository.edit("environments/prod.yaml", "    trainium:\n", f"{pool}      max_nodes: 2\n    trainium:\n")
    repository.render("prod")
    assert repository.touched() == ["rendered/prod"]
    assert repository.review("prod") == expected("new-pool")


def test_a_removed_component_takes_its_volume_along(repository: Repository) -> None:
    repository.edit("environments/dev.yaml", "jupyterhub:\n  max_servers: 10\n", "jupyterhub: null\n")
    repository.render("dev")
    assert repository.touched() == ["argocd/dev", "rendered/dev"]
    assert repository.review("dev") == expected("removed-component")


def test_a_removed_component_that_is_signed_off_passes_the_gate(repository: Repository) -> None:
    repository.edit("environments/dev.yaml", "jupyterhub:\n  max_servers: 10\n", "jupyterhub: null\n")
    sign_offs = repository.root / "environments" / "sign-offs" / "dev.yaml"
    sign_offs.parent.mkdir(exist_ok=True)
    sign_offs.write_text(
        "- {gate: deletion, object: PersistentVolumeClaim jupyterhub/hub-db-dir, reason: copied to S3}\n"
    )
    repository.render("dev")
    lines = repository.review("dev").splitlines()
    claim = "deletion: PersistentVolumeClaim jupyterhub/hub-db-dir: "
    assert f"signed off {claim}copied to S3" in lines
    assert f"gate {claim}" not in lines
    assert "gate deletion: Application argocd/jupyterhub: " in lines


def test_a_renamed_namespace_is_one_that_goes_with_all_that_is_in_it(repository: Repository) -> None:
    file, line = "charts_src/lib/namespaces.py", 'STABLE_DIFFUSION = "{}"'
    repository.edit(file, line.format("stable-diffusion"), line.format("image-generation"))
    repository.render("dev")
    assert repository.touched() == ["argocd/dev", "rendered/dev"]
    assert repository.review("dev") == expected("renamed-namespace")


def test_a_network_policy_that_lets_everybody_in_is_found(repository: Repository) -> None:
    file = "charts_src/workloads/tensorboard.py"
    repository.edit(file, "network.block(self.env.cluster.vpc_cidr)", 'network.block("0.0.0.0/0")')
    repository.render("prod")
    assert repository.touched() == ["rendered/prod"]
    assert repository.review("prod") == expected("opened-network-policy")


def test_volumes_of_another_file_system_have_to_be_replaced(repository: Repository) -> None:
    repository.edit("environments/prod.yaml", "fs-0123456789abcdef3", "fs-0fedcba9876543210")
    repository.render("prod")
    assert repository.touched() == ["rendered/prod"]
    assert repository.review("prod") == expected("immutable-field")


def test_half_of_the_efa_interfaces_of_a_node_are_too_few(repository: Repository) -> None:
    repository.edit("charts_src/lib/gangs.py", "str(instance.efa_interfaces)", '"4"')
    repository.render("prod")
    assert repository.touched() == ["rendered/prod"]
    assert repository.review("prod") == expected("wrong-efa-count")


def test_spot_under_training_is_refused_in_an_environment(repository: Repository) -> None:
    place = "      instance_types: [trn1.32xlarge]\n"
    repository.edit("environments/staging.yaml", place, f"{place}      capacity: [spot]\n")
    line = repository.line("environments/staging.yaml", "capacity: [spot]\n")
    assert repository.refusal("staging") == (
        f"environments/staging.yaml:{line}: karpenter.node_pools.trainium.capacity[0]: one reclaimed Spot "
        "node stops the whole training job; remove spot, or set interruptible: true if every job resumes "
        "from checkpoints\n"
    )


def test_spot_under_training_is_found_where_it_is_written_by_hand(repository: Repository) -> None:
    file = "rendered/staging/node-pools/nodepool-trainium.yaml"
    repository.edit(file, "        - on-demand\n", "        - spot\n")
    assert repository.review("staging") == expected("spot-under-training")


def test_a_secret_is_refused_in_an_environment_and_in_code(repository: Repository) -> None:
    repository.edit("environments/dev.yaml", "tokenizer: hf-internal-testing", f"tokenizer: {ACCESS_KEY}")
    line = repository.line("environments/dev.yaml", ACCESS_KEY)
    assert repository.refusal("dev") == (
        f"environments/dev.yaml:{line}: looks like an AWS access key; remove it, revoke it, and keep secrets "
        "out of Git\n"
    )
    repository.reset()
    repository.edit("charts_src/workloads/tensorboard.py", '"value": "/tmp"', f'"value": "{ACCESS_KEY}"')
    assert repository.refusal("dev") == (
        "tensorboard: Deployment training/tensorboard: spec.template.spec.containers[0].env[0].value: looks "
        "like an AWS access key; keep it in a secret store, not in Git\n"
    )


def test_a_secret_that_is_pasted_into_a_manifest_is_found(repository: Repository) -> None:
    file = "rendered/dev/tensorboard/deployment-tensorboard.yaml"
    variables = f"        - name: AWS_ACCESS_KEY_ID\n          value: {ACCESS_KEY}\n"
    home = "        - name: HOME\n"
    repository.edit(file, home, variables + home)
    assert repository.review("dev") == expected("pasted-secret").replace("ACCESS-KEY", ACCESS_KEY)
