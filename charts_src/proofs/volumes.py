"""Claims and the volumes that are made for them; volumes of pods that no container mounts."""

from collections.abc import Iterator, Sequence

from charts_src.lib.quantities import amount
from charts_src.objects import Body, Identity, all_containers
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Failure, Objects


def wrong(objects: Objects, pods: Sequence[Pod]) -> list[Failure]:
    """Find claims that never get their volume, and volumes that no container sees, sorted."""
    volumes = {
        body["metadata"]["name"]: body for body in objects.values() if body["kind"] == "PersistentVolume"
    }
    claims = [body for body in objects.values() if body["kind"] == "PersistentVolumeClaim"]
    found = [
        Failure(str(Identity.of(claim)), problem) for claim in claims for problem in _claim(claim, volumes)
    ]
    for volume in volumes.values():
        found += [Failure(str(Identity.of(volume)), problem) for problem in _bound(volume, claims)]
    for pod in pods:
        found += [Failure(str(pod), problem) for problem in _unmounted(pod.spec)]
    return sorted(found)


def _claim(claim: Body, volumes: dict[str, Body]) -> Iterator[str]:
    """Compare a claim with its volume as the binder does (pkg/controller/volume/persistentvolume)."""
    spec = claim["spec"]
    wanted = spec.get("resources", {}).get("requests", {}).get("storage")
    if wanted is None:
        yield "asks for no storage; the API server refuses it"
        return
    volume = volumes.get(spec.get("volumeName", ""))
    if volume is None:
        return
    own = volume["spec"]
    if amount(wanted) > amount(own.get("capacity", {}).get("storage", "0")):
        yield f"asks for {wanted}, {spec['volumeName']} has less; make them equal"
    if not set(spec.get("accessModes", ())) <= set(own.get("accessModes", ())):
        yield f"asks for access that {spec['volumeName']} does not give; make accessModes equal"
    if spec.get("storageClassName") != own.get("storageClassName", ""):
        yield f"has another storageClassName than {spec['volumeName']}; write the same"


def _bound(volume: Body, claims: Sequence[Body]) -> Iterator[str]:
    """A volume is for one claim, and that one for it."""
    if "storage" not in volume["spec"].get("capacity", {}):
        yield "has no capacity.storage; the API server refuses it"
    wanted = volume["spec"].get("claimRef", {})
    if not wanted:
        yield "is for no claim: any may take it; name it in claimRef"
        return
    for claim in claims:
        if claim["metadata"]["name"] == wanted.get("name") and claim["metadata"].get(
            "namespace"
        ) == wanted.get("namespace"):
            if claim["spec"].get("volumeName") != volume["metadata"]["name"]:
                yield f"is for {Identity.of(claim)}, which does not ask for it; set its volumeName"
            return
    yield f"is for a claim {wanted.get('namespace')}/{wanted.get('name')} that is not there; correct claimRef"


def _unmounted(spec: Body) -> Iterator[str]:
    used = {
        mount["name"]
        for _, container in all_containers(spec)
        for field in ("volumeMounts", "volumeDevices")
        for mount in container.get(field, ())
    }
    for volume in spec.get("volumes", ()):
        if volume["name"] not in used:
            yield f"its volume {volume['name']} is mounted nowhere; mount it or drop it"
