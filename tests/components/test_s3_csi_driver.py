import json
from typing import Any

from cdk8s import App

from charts_src.components.s3_csi_crds import S3CsiCrds
from charts_src.components.s3_csi_driver import S3CsiDriver
from charts_src.objects import Body
from charts_src.schema import store
from tests.ray_environment import environment, rendered
from tests.storage_environment import with_storage

IMAGE = "public.ecr.aws/mountpoint-s3-csi-driver/aws-mountpoint-s3-csi-driver:v2.7.0"
HEADROOM = {"s3": {"headroom": True}}


def driver(**csi_drivers: Any) -> dict[str, Body]:
    return rendered(S3CsiDriver(App(), with_storage(csi_drivers=csi_drivers)))


def container(objects: dict[str, Body], workload: str, name: str) -> Any:
    found = objects[workload]["spec"]["template"]["spec"]["containers"]
    return next(each for each in found if each["name"] == name)


def variables(body: Any) -> dict[str, str]:
    return {each["name"]: each["value"] for each in body["env"] if "value" in each}


def test_the_driver_comes_with_the_section_storage() -> None:
    assert S3CsiDriver.enabled(with_storage())
    assert not S3CsiDriver.enabled(environment())


def test_the_definition_fits_its_schema_and_selects_by_node() -> None:
    (definition,) = S3CsiCrds(App(), with_storage()).objects()
    assert store.problems(definition, "1.36") == []
    (version,) = definition["spec"]["versions"]
    assert version["name"] == "v2"
    assert version["selectableFields"] == [{"jsonPath": ".spec.nodeName"}]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert spec["required"] == [
        "authenticationSource",
        "mountOptions",
        "mountpointS3PodAttachments",
        "nodeName",
        "persistentVolumeName",
        "volumeID",
        "workloadFSGroup",
    ]
    assert set(spec["properties"]) - set(spec["required"]) == {
        "workloadNamespace",
        "workloadServiceAccountIAMRoleARN",
        "workloadServiceAccountName",
    }


def test_mountpoint_pods_have_the_drivers_image_and_a_label_for_the_network_policy() -> None:
    objects = driver()
    found = variables(container(objects, "Deployment/s3-csi-controller", "s3-csi-controller"))
    labels = json.loads(found.pop("MOUNTPOINT_POD_LABELS"))
    assert found == {
        "MOUNTPOINT_IMAGE": IMAGE,
        "MOUNTPOINT_IMAGE_PULL_POLICY": "IfNotPresent",
        "MOUNTPOINT_NAMESPACE": "mount-s3",
        "MOUNTPOINT_PRIORITY_CLASS_NAME": "mount-s3-critical",
    }
    policy = objects["NetworkPolicy/mountpoint-s3"]
    assert policy["metadata"]["namespace"] == "mount-s3"
    assert policy["spec"]["podSelector"] == {"matchLabels": labels}


def test_mountpoint_pods_come_through_the_mirror_of_the_environment() -> None:
    mirrors = {"public.ecr.aws": "registry.example.com/ecr-public"}
    chart = S3CsiDriver(App(), with_storage(images={"mirrors": mirrors}))
    found = variables(container(rendered(chart), "Deployment/s3-csi-controller", "s3-csi-controller"))
    assert found["MOUNTPOINT_IMAGE"].startswith("registry.example.com/ecr-public/mountpoint-s3-csi-driver/")


def test_the_controller_changes_pods_in_the_namespace_of_mountpoint_pods_only() -> None:
    objects = driver()
    assert objects["ClusterRole/s3-csi-driver-controller-cluster-role"]["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["persistentvolumeclaims", "persistentvolumes", "pods", "serviceaccounts"],
            "verbs": ["get", "list", "watch"],
        },
        {
            "apiGroups": ["s3.csi.aws.com"],
            "resources": ["mountpoints3podattachments"],
            "verbs": ["get", "list", "watch", "create", "delete", "update"],
        },
    ]
    role = objects["Role/s3-csi-driver-controller-role"]
    assert role["metadata"]["namespace"] == "mount-s3"
    assert objects["RoleBinding/s3-csi-driver-controller-role"]["metadata"]["namespace"] == "mount-s3"


def test_the_controller_leads_through_one_lease_by_name() -> None:
    rules = driver()["Role/s3-csi-driver-controller-leader-election-role"]["rules"]
    assert rules[1] == {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "verbs": ["get", "update"],
        "resourceNames": ["aws-s3-csi-controller"],
    }


def test_room_for_mountpoint_pods_is_kept_only_where_asked_for_and_where_models_are_mounted() -> None:
    assert "ClusterRole/s3-csi-driver-headroom-role" not in driver()
    assert "PriorityClass/mount-s3-headroom" not in driver()
    bodies = S3CsiDriver(App(), with_storage(csi_drivers=HEADROOM)).objects()
    bound = {
        body["metadata"]["namespace"]
        for body in bodies
        if body["kind"] == "RoleBinding" and body["roleRef"]["name"] == "s3-csi-driver-headroom-role"
    }
    assert bound == {"ray", "stable-diffusion"}
    objects = driver(**HEADROOM)
    assert objects["PriorityClass/mount-s3-headroom"]["value"] == -1000
    assert objects["PriorityClass/mount-s3-preempting-critical"]["preemptionPolicy"] == "PreemptLowerPriority"
    found = variables(container(objects, "Deployment/s3-csi-controller", "s3-csi-controller"))
    assert found["MOUNTPOINT_HEADROOM_IMAGE"] == "public.ecr.aws/eks-distro/kubernetes/pause:3.10"
    assert found["MOUNTPOINT_HEADROOM_PRIORITY_CLASS_NAME"] == "mount-s3-headroom"
    assert found["MOUNTPOINT_PREEMPTING_PRIORITY_CLASS_NAME"] == "mount-s3-preempting-critical"


def test_mountpoint_pods_are_not_evicted_and_evict_nobody() -> None:
    priority = driver()["PriorityClass/mount-s3-critical"]
    assert (priority["value"], priority["preemptionPolicy"]) == (1_000_000_000, "Never")


def test_the_driver_reads_models_and_nothing_else() -> None:
    (identity,) = S3CsiDriver(App(), with_storage()).pod_identities()
    assert identity[:2] == ("csi-drivers", "s3-csi-driver-sa")
    assert [(each["Action"], each["Resource"]) for each in identity.policies["models"]] == [
        (["s3:ListBucket"], ["arn:aws:s3:::ai-models"]),
        (["s3:GetObject"], ["arn:aws:s3:::ai-models/*"]),
    ]


def test_the_node_plugin_tolerates_every_taint_and_reads_the_one_definition_it_needs() -> None:
    objects = driver()
    spec = objects["DaemonSet/s3-csi-node"]["spec"]["template"]["spec"]
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["hostPID"] is True
    rules = objects["ClusterRole/s3-csi-driver-cluster-role"]["rules"]
    assert {
        "apiGroups": ["apiextensions.k8s.io"],
        "resources": ["customresourcedefinitions"],
        "verbs": ["get"],
        "resourceNames": ["mountpoints3podattachments.s3.csi.aws.com"],
    } in rules
    assert {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch", "patch"]} in rules


def test_kubelet_gives_tokens_for_pod_identity_and_publishes_volumes_again() -> None:
    spec = driver()["CSIDriver/s3.csi.aws.com"]["spec"]
    assert [each["audience"] for each in spec["tokenRequests"]] == [
        "sts.amazonaws.com",
        "pods.eks.amazonaws.com",
    ]
    assert (spec["attachRequired"], spec["podInfoOnMount"], spec["requiresRepublish"]) == (False, True, True)
    assert spec["serviceAccountTokenInSecrets"] is False


def test_leader_and_stand_by_are_asked_for_their_metrics_as_they_have_no_other_endpoint() -> None:
    found = container(driver(), "Deployment/s3-csi-controller", "s3-csi-controller")
    assert found["livenessProbe"]["httpGet"] == {"path": "/metrics", "port": "metrics"}
    assert found["ports"] == [{"name": "metrics", "containerPort": 8080, "protocol": "TCP"}]
