"""Our own images: the recipe that builds them, their repositories in ECR, and the plan that pushes them.

Sources: Docker's reference of bake files (docs/bake-reference.md of docker/buildx); CloudFormation's
reference of AWS::ECR::Repository. Tags are immutable, so an image that is there is the one that was tested;
what is built anew gets a new tag in environments/.
"""

import json
from collections.abc import Iterator, Sequence

from charts_src.cloud import tools
from charts_src.cloud.template import Resources, logical, resource, tags, text
from charts_src.cloud.tools import aws
from charts_src.lib.ecr import ecr_path
from charts_src.lib.own_images import Wanted, build_arguments, folder_of
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.steps.plan import Check, Plan, Step

BAKE = "docker-bake.json"
"""File of the recipe, below rendered/<env>/aws/."""

_UNTAGGED_DAYS = 7


def recipe(env: Environment, images: Sequence[Wanted]) -> str:
    """Write the bake file: `docker buildx bake --file <it> --push` builds and pushes every image."""
    targets = {each.name: _target(env, each) for each in images}
    return text({"group": {"default": {"targets": list(targets)}}, "target": targets})


def repositories(env: Environment, images: Sequence[Wanted]) -> Resources:
    """Give a repository for each image, where the registry is that of the environment's own account.

    They go with the stack, and what is in them too: everything there can be built again from here.
    """
    prefix = _own_prefix(env)
    if prefix is None:
        return {}
    return {logical(each.name, "repository"): _repository(env, f"{prefix}/{each.name}") for each in images}


def checks(env: Environment, images: Sequence[Wanted]) -> Iterator[Step]:
    """Give the steps that see each image is there before Argo CD asks for it."""
    for each in images if _own_prefix(env) else ():
        yield Step(
            name=f"image-{each.name}",
            why=f"See that {each.name}:{each.tag} is in the registry",
            check=_there(env, each),
            remedy=f"`make images ENV={env.name} RUN=1` builds and pushes what is missing.",
        )


def plan(env: Environment, images: Sequence[Wanted], account: Step) -> Plan:
    """Give the plan that builds and pushes what is not in the registry; `account` refuses another one."""
    own = _own_prefix(env) is not None
    steps = [
        Step(
            name=f"image-{each.name}",
            why=f"Build {each.name}:{each.tag} from images/{folder_of(each.name)} and push it",
            done=(_there(env, each),) if own else (),
            always=not own,
            run=(("docker", "buildx", "bake", "--file", tools.file(env, BAKE), "--push", each.name),),
            remedy=_LOGIN.format(region=env.aws.region, host=env.registry.partition("/")[0]),
        )
        for each in images
    ]
    return Plan(
        environment=env.name,
        plan="images",
        cluster=env.cluster.name,
        steps=(*([account] if own else []), *steps),
    )


_LOGIN = (
    "If the registry refused: `aws ecr get-login-password --region {region} | docker login --username AWS "
    "--password-stdin {host}` signs in for 12 hours."
)


def _target(env: Environment, image: Wanted) -> Body:
    """Describe one image, with what it was built from and of, signed into its index."""
    folder = folder_of(image.name)
    return {
        "context": "images",
        "dockerfile": f"{folder}/Dockerfile",
        "target": image.name,
        "args": build_arguments(env, folder),
        "platforms": ["linux/amd64"],
        "tags": [f"{env.registry}/{image.name}:{image.tag}"],
        "attest": ["type=provenance,mode=max", "type=sbom"],
    }


def _repository(env: Environment, name: str) -> Body:
    untagged = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days"}
    rule = {
        "rulePriority": 1,
        "description": "What no tag names any more",
        "selection": untagged | {"countNumber": _UNTAGGED_DAYS},
        "action": {"type": "expire"},
    }
    properties = {
        "RepositoryName": name,
        "EmptyOnDelete": True,
        "EncryptionConfiguration": {"EncryptionType": "AES256"},
        "ImageScanningConfiguration": {"ScanOnPush": True},
        "ImageTagMutability": "IMMUTABLE",
        "LifecyclePolicy": {"LifecyclePolicyText": json.dumps({"rules": [rule]}, sort_keys=True)},
        "Tags": tags(env),
    }
    return resource("ECR::Repository", properties)


def _there(env: Environment, image: Wanted) -> Check:
    name = f"{_own_prefix(env)}/{image.name}"
    described = ("ecr", "describe-images", "--repository-name", name, "--image-ids", f"imageTag={image.tag}")
    return Check(run=aws(env, *described, query="imageDetails[0].imageTags"))


def _own_prefix(env: Environment) -> str | None:
    """Give what the names of repositories start with; None where the registry is not the account's own."""
    found = ecr_path(env.registry)
    return found.path if found and found[:2] == (env.aws.account, env.aws.region) else None
