"""Volumes wait for their driver, and a driver for the definition that it reads when it starts."""

from charts_src.references import references
from tests.objects import RBAC, thing

STORAGE = "storage.k8s.io"


def test_a_class_names_the_driver_that_provisions_for_it() -> None:
    found = references(thing(f"{STORAGE}/StorageClass", "gp3", provisioner="ebs.csi.aws.com"))
    assert [(str(each.target), each.path) for each in found] == [("CSIDriver ebs.csi.aws.com", "provisioner")]


def test_a_volume_names_its_driver() -> None:
    found = references(thing("PersistentVolume", "fsx", spec={"csi": {"driver": "fsx.csi.aws.com"}}))
    assert [str(each.target) for each in found] == ["CSIDriver fsx.csi.aws.com"]
    assert references(thing("PersistentVolume", "disk", spec={"local": {"path": "/mnt"}})) == ()


def test_a_role_names_the_definitions_that_its_holder_may_read() -> None:
    rule = {
        "apiGroups": ["apiextensions.k8s.io"],
        "resources": ["customresourcedefinitions"],
        "verbs": ["get"],
        "resourceNames": ["things.example.com"],
    }
    found = references(thing(f"{RBAC}/ClusterRole", "agent", rules=[rule]))
    assert [str(each.target) for each in found] == ["CustomResourceDefinition things.example.com"]
    every = {key: value for key, value in rule.items() if key != "resourceNames"}
    assert references(thing(f"{RBAC}/ClusterRole", "agent", rules=[every])) == ()
