from typing import Any

import pytest
from cdk8s import App

from charts_src.components.ebs_csi_driver import EbsCsiDriver
from charts_src.components.fsx_csi_driver import FsxCsiDriver
from charts_src.components.fsx_directories import FsxDirectories
from charts_src.components.s3_csi_crds import S3CsiCrds
from charts_src.components.s3_csi_driver import S3CsiDriver
from charts_src.components.storage import Storage
from charts_src.lib import storage
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body
from charts_src.units import build
from charts_src.waves import application_needs
from tests.components.test_ebs_csi_driver import KEY
from tests.ray_environment import environment, rendered
from tests.storage_environment import SCRATCH, with_storage


def made(env: Environment) -> dict[tuple[str, str, str], Body]:
    return {
        (body["kind"], body["metadata"].get("namespace", ""), body["metadata"]["name"]): body
        for body in Storage(App(), env).objects()
    }


def named(env: Environment) -> dict[str, Any]:
    return rendered(Storage(App(), env))


def test_every_environment_has_encrypted_block_volumes_of_which_one_class_is_the_default() -> None:
    objects = named(environment())
    assert sorted(objects) == ["StorageClass/gp3", "StorageClass/gp3-retain"]
    gp3 = objects["StorageClass/gp3"]
    assert gp3 | {"metadata": None} == {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": None,
        "provisioner": "ebs.csi.aws.com",
        "parameters": {"csi.storage.k8s.io/fstype": "ext4", "encrypted": "true", "type": "gp3"},
        "allowVolumeExpansion": True,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    defaults = [name for name, body in objects.items() if body["metadata"].get("annotations")]
    assert defaults == ["StorageClass/gp3"]
    assert objects["StorageClass/gp3-retain"]["reclaimPolicy"] == "Retain"


def test_block_volumes_have_the_key_of_the_environment() -> None:
    objects = named(environment(csi_drivers={"ebs": {"volume_key": KEY}}))
    assert {body["parameters"]["kmsKeyId"] for body in objects.values()} == {KEY}


def test_each_namespace_has_its_own_claim_on_the_one_file_system() -> None:
    objects = made(with_storage())
    claims = {key[1] for key in objects if key[0] == "PersistentVolumeClaim" and key[2] == "fsx"}
    assert claims == {*storage.FSX_NAMESPACES, "csi-drivers"}
    assert objects["PersistentVolume", "", "fsx-training"]["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "capacity": {"storage": "2400Gi"},
        "persistentVolumeReclaimPolicy": "Retain",
        "volumeMode": "Filesystem",
        "mountOptions": ["flock"],
        "claimRef": {"namespace": "training", "name": "fsx"},
        "csi": {
            "driver": "fsx.csi.aws.com",
            "volumeHandle": "fs-0123456789abcdef0-training",
            "volumeAttributes": {
                "dnsname": "fs-0123456789abcdef0.fsx.us-west-2.amazonaws.com",
                "mountname": "abcdefgh",
            },
        },
    }
    assert objects["PersistentVolumeClaim", "training", "fsx"]["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "2400Gi"}},
        "storageClassName": "",
        "volumeMode": "Filesystem",
        "volumeName": "fsx-training",
    }


def test_models_are_mounted_read_only_for_pods_of_any_user() -> None:
    objects = made(with_storage())
    volume = objects["PersistentVolume", "", "models-stable-diffusion"]["spec"]
    assert volume["accessModes"] == ["ReadOnlyMany"]
    assert volume["mountOptions"] == ["read-only", "allow-other", "region us-west-2"]
    assert volume["csi"]["volumeAttributes"] == {
        "authenticationSource": "driver",
        "bucketName": "ai-models",
        "mountpointPodServiceAccountName": "mountpoint-s3",
    }
    claims = {key[1] for key in objects if key[0] == "PersistentVolumeClaim" and key[2] == "models"}
    assert claims == set(storage.MODELS_NAMESPACES)


def test_no_two_volumes_share_a_handle() -> None:
    handles = [
        body["spec"]["csi"]["volumeHandle"]
        for key, body in made(with_storage()).items()
        if key[0] == "PersistentVolume"
    ]
    assert len(handles) == 6
    assert len(set(handles)) == len(handles)


def test_no_commit_deletes_a_volume() -> None:
    for key, body in made(with_storage()).items():
        if key[0] == "PersistentVolume":
            assert body["metadata"]["annotations"] == {
                "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
                "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
            }


def test_claims_make_file_systems_only_where_that_is_decided() -> None:
    assert "StorageClass/fsx-scratch" not in named(with_storage())
    scratch = named(with_storage({"scratch": SCRATCH}))["StorageClass/fsx-scratch"]
    assert scratch["parameters"] == {
        "autoImportPolicy": "NEW_CHANGED",
        "dataCompressionType": "LZ4",
        "deploymentType": "SCRATCH_2",
        "fileSystemTypeVersion": "2.15",
        "s3ExportPath": "s3://ai-data/scratch/genai-dev",
        "s3ImportPath": "s3://ai-data",
        "securityGroupIds": "sg-0123456789abcdef0,sg-00000001",
        "subnetId": "subnet-0123456789abcdef0",
    }
    assert all(isinstance(value, str) for value in scratch["parameters"].values())


def test_pods_get_the_shared_volumes_by_the_names_of_their_claims() -> None:
    assert storage.fsx_volume() == {"name": "fsx", "persistentVolumeClaim": {"claimName": "fsx"}}
    assert storage.models_volume() == {
        "name": "models",
        "persistentVolumeClaim": {"claimName": "models", "readOnly": True},
    }


def test_the_data_bucket_is_linked_to_a_folder_that_the_job_gives_to_the_pods() -> None:
    assert storage.FSX_DATA_REPOSITORY["FileSystemPath"] == f"/{storage.FSX_DATA}/"
    assert storage.FSX_DATA in storage.FSX_DIRECTORIES
    assert storage.data_repository("ai-data") == "s3://ai-data/"


def test_a_job_makes_the_folders_at_each_sync_and_may_do_nothing_else() -> None:
    job = rendered(FsxDirectories(App(), with_storage()))["Job/fsx-directories"]
    assert job["metadata"]["annotations"] == {
        "argocd.argoproj.io/hook": "Sync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
    }
    spec = job["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    folders = "/fsx/data /fsx/cache /fsx/checkpoints /fsx/notebooks"
    assert container["command"][-1] == (
        f"mkdir -p {folders} && chown 1000:1000 {folders} && chmod 0775 {folders}"
    )
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["CHOWN", "FOWNER"]}
    assert spec["automountServiceAccountToken"] is False
    assert not FsxDirectories.enabled(environment())


COMPONENTS = (EbsCsiDriver, FsxCsiDriver, FsxDirectories, S3CsiCrds, S3CsiDriver, Storage)


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("minor", ["1.34", "1.35", "1.36"])
def test_with_everything_on_each_object_fits_its_schema_and_the_rules(
    component: type[Component], minor: str
) -> None:
    drivers = {"ebs": {"volume_key": KEY}, "s3": {"headroom": True}}
    env = with_storage({"scratch": SCRATCH}, csi_drivers=drivers, kubernetes=minor)
    assert build(component, env).files


def test_volumes_come_after_their_drivers_and_the_s3_driver_after_its_definition() -> None:
    env = with_storage()
    needed = application_needs({each.name: build(each, env).summaries for each in COMPONENTS})
    assert needed["storage"] == ["ebs-csi-driver", "fsx-csi-driver", "s3-csi-driver"]
    assert needed["s3-csi-driver"] == ["s3-csi-crds"]
    assert needed["fsx-directories"] == ["storage"]
