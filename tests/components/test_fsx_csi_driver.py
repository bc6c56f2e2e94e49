from typing import Any

from cdk8s import App

from charts_src.components.fsx_csi_driver import FsxCsiDriver
from charts_src.objects import Body
from tests.ray_environment import environment, rendered
from tests.storage_environment import SCRATCH, with_storage

DYNAMIC = {"scratch": SCRATCH}


def driver(fsx: dict[str, Any] | None = None) -> dict[str, Body]:
    return rendered(FsxCsiDriver(App(), with_storage(fsx)))


def pod(objects: dict[str, Body], name: str) -> Any:
    return objects[name]["spec"]["template"]["spec"]


def test_the_driver_comes_with_the_section_storage() -> None:
    assert FsxCsiDriver.enabled(with_storage())
    assert not FsxCsiDriver.enabled(environment())


def test_without_file_systems_of_claims_there_is_no_controller_and_no_permission_in_aws() -> None:
    assert sorted(driver()) == [
        "CSIDriver/fsx.csi.aws.com",
        "ClusterRole/fsx-csi-node-role",
        "ClusterRoleBinding/fsx-csi-node-role",
        "DaemonSet/fsx-csi-node",
        "ServiceAccount/fsx-csi-node-sa",
    ]
    assert FsxCsiDriver(App(), with_storage()).pod_identities() == ()


def test_the_node_plugin_mounts_in_the_network_of_its_node_so_that_mounts_outlive_it() -> None:
    spec = pod(driver(), "DaemonSet/fsx-csi-node")
    assert spec["hostNetwork"] is True
    assert spec["dnsPolicy"] == "Default"
    (plugin,) = (each for each in spec["containers"] if each["name"] == "fsx-plugin")
    assert plugin["ports"] == [
        {"name": "healthz", "containerPort": 9810, "protocol": "TCP", "hostPort": 9810}
    ]
    assert {"name": "AWS_REGION", "value": "us-west-2"} in plugin["env"]


def test_the_node_plugin_tolerates_every_taint_and_may_take_its_own_off() -> None:
    objects = driver()
    assert pod(objects, "DaemonSet/fsx-csi-node")["tolerations"] == [{"operator": "Exists"}]
    assert objects["ClusterRole/fsx-csi-node-role"]["rules"] == [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "patch"]},
        {
            "apiGroups": [""],
            "resources": ["persistentvolumeclaims", "persistentvolumes"],
            "verbs": ["get"],
        },
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
    ]


def test_the_provisioner_waits_longer_than_the_driver_does() -> None:
    containers = {
        each["name"]: each for each in pod(driver(DYNAMIC), "Deployment/fsx-csi-controller")["containers"]
    }
    assert "--timeout=15m" in containers["csi-provisioner"]["args"]
    assert "--timeout=15m" in containers["csi-resizer"]["args"]
    assert "--extra-tags=cluster=genai-dev,environment=dev" in containers["fsx-plugin"]["args"]


def test_the_controller_is_restricted_and_runs_twice() -> None:
    objects = driver(DYNAMIC)
    assert objects["Deployment/fsx-csi-controller"]["spec"]["replicas"] == 2
    context = pod(objects, "Deployment/fsx-csi-controller")["securityContext"]
    assert (context["runAsNonRoot"], context["runAsUser"], context["fsGroup"]) == (True, 1000, 1000)


def test_the_controller_deletes_what_it_made_and_can_make_nothing_look_like_that() -> None:
    (identity,) = FsxCsiDriver(App(), with_storage(DYNAMIC)).pod_identities()
    found = {each["Sid"]: each for each in identity.policies["file-systems"]}
    assert identity[:2] == ("csi-drivers", "fsx-csi-controller-sa")
    assert found["Manage"] == {
        "Sid": "Manage",
        "Effect": "Allow",
        "Action": ["fsx:DeleteFileSystem", "fsx:UpdateFileSystem"],
        "Resource": ["arn:aws:fsx:us-west-2:111122223333:file-system/*"],
        "Condition": {
            "StringEquals": {"aws:ResourceTag/cluster": "genai-dev"},
            "StringLike": {"aws:ResourceTag/CSIVolumeName": "*"},
        },
    }
    assert found["Tag"]["Condition"]["Null"] == {"aws:ResourceTag/cluster": "true"}
    assert found["ListDataBucket"]["Resource"] == ["arn:aws:s3:::ai-data"]
