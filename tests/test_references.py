"""Every object that an object names is found, with the field that names it."""

import json

from charts_src.objects import Body
from charts_src.references import Resource, Summary, references, summarise
from tests.objects import binding, definition, deployment, role, thing


def named(body: Body) -> dict[str, str]:
    return {str(target): path for target, path in references(body)}


def test_a_pod_template_names_its_account_classes_and_secrets() -> None:
    body = deployment(
        "web",
        "shop",
        serviceAccountName="web",
        priorityClassName="urgent",
        runtimeClassName="nvidia",
        imagePullSecrets=[{"name": "registry"}],
    )
    pod = "spec.template.spec"
    assert named(body) == {
        "Namespace shop": "metadata.namespace",
        "Secret shop/registry": f"{pod}.imagePullSecrets",
        "ServiceAccount shop/web": f"{pod}.serviceAccountName",
        "RuntimeClass nvidia": f"{pod}.runtimeClassName",
        "PriorityClass urgent": f"{pod}.priorityClassName",
    }


def test_volumes_and_environment_variables_name_what_they_read() -> None:
    volumes = [
        {"name": "a", "configMap": {"name": "settings"}},
        {"name": "b", "secret": {"secretName": "key"}},
        {"name": "c", "persistentVolumeClaim": {"claimName": "models"}},
        {"name": "d", "projected": {"sources": [{"secret": {"name": "projected"}}]}},
        {"name": "e", "configMap": {"name": "may-be-missing", "optional": True}},
    ]
    container = {
        "image": "example.com/a:1",
        "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "token", "key": "token"}}}],
        "envFrom": [{"configMapRef": {"name": "more"}}],
    }
    body = thing("Pod", "p", "shop", spec={"volumes": volumes, "containers": [container]})
    assert named(body) == {
        "Namespace shop": "metadata.namespace",
        "ConfigMap shop/more": "spec.containers[0].envFrom[0].configMapRef",
        "ConfigMap shop/settings": "spec.volumes[0].configMap",
        "PersistentVolumeClaim shop/models": "spec.volumes[2].persistentVolumeClaim",
        "Secret shop/key": "spec.volumes[1].secret",
        "Secret shop/projected": "spec.volumes[3].projected.sources[0].secret",
        "Secret shop/token": "spec.containers[0].env[0].valueFrom.secretKeyRef",
    }


def test_a_pod_inside_a_custom_resource_names_its_account() -> None:
    template = {"spec": {"serviceAccountName": "ray", "containers": [{"image": "example.com/ray:1"}]}}
    spec = {"workerGroupSpecs": [{"template": template}]}
    assert named(thing("ray.io/RayCluster", "r", "serving", spec=spec)) == {
        "Namespace serving": "metadata.namespace",
        "ServiceAccount serving/ray": "spec.workerGroupSpecs[0].template.spec.serviceAccountName",
    }


def test_a_binding_names_role_and_accounts_but_not_users() -> None:
    body = binding("operator", "ray", "operator")
    body["subjects"].append({"kind": "User", "name": "someone"})
    assert named(body) == {
        "ServiceAccount ray/operator": "subjects[0]",
        "ClusterRole operator": "roleRef",
    }


def test_an_ingress_names_class_certificate_and_backends() -> None:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    spec = {
        "ingressClassName": "alb",
        "tls": [{"hosts": ["a.example.com"], "secretName": "tls"}],
        "rules": [{"http": {"paths": [{"backend": backend}]}}],
    }
    assert named(thing("networking.k8s.io/Ingress", "web", "shop", spec=spec)) == {
        "Namespace shop": "metadata.namespace",
        "Secret shop/tls": "spec.tls",
        "Service shop/web": "spec.rules[0].http.paths[0].backend.service",
        "IngressClass alb": "spec.ingressClassName",
    }


def test_a_webhook_and_a_converted_definition_name_their_service() -> None:
    client = {"service": {"name": "hook", "namespace": "kueue"}}
    hook = thing("admissionregistration.k8s.io/ValidatingWebhookConfiguration", "v")
    crd = definition("kueue.x-k8s.io", "Workload")
    crd["spec"]["conversion"] = {"webhook": {"clientConfig": client}}
    assert named(hook | {"webhooks": [{"clientConfig": client}]}) == {
        "Service kueue/hook": "webhooks[0].clientConfig.service"
    }
    assert named(crd) == {"Service kueue/hook": "spec.conversion.webhook.clientConfig.service"}


def test_references_by_group_and_kind_are_followed() -> None:
    pool = {
        "template": {
            "spec": {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "a"}}
        }
    }
    scaler = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db"}}
    certificate = {"issuerRef": {"name": "self-signed"}, "secretName": "made-by-it"}
    assert named(thing("karpenter.sh/NodePool", "p", spec=pool)) == {
        "EC2NodeClass a": "spec.template.spec.nodeClassRef"
    }
    found = references(thing("autoscaling/HorizontalPodAutoscaler", "h", "shop", spec=scaler))
    assert found[1].target == ("apps", "StatefulSet", "shop", "db")
    assert named(thing("cert-manager.io/Certificate", "c", "shop", spec=certificate)) == {
        "Namespace shop": "metadata.namespace",
        "Issuer shop/self-signed": "spec.issuerRef",
    }


def test_the_schema_of_a_definition_is_not_searched() -> None:
    crd = definition("ray.io", "RayCluster")
    crd["spec"]["versions"] = [{"schema": {"properties": {"serviceAccountName": "looks like a name"}}}]
    assert named(crd) == {}


def test_a_summary_says_what_others_look_an_object_up_by() -> None:
    nodes = {"template": {"metadata": {"labels": {"accelerator": "nvidia"}}, "spec": {}}}
    certificate = thing("cert-manager.io/Certificate", "c", "shop", spec={"secretName": "tls"})
    assert summarise(definition("ray.io", "RayJob")).provides == (Resource("ray.io", "RayJob", "rayjobs"),)
    assert summarise(role("r", "ray.io", "rayjobs/status", "get", "patch")).controls == (
        ("ray.io", "rayjobs"),
    )
    assert summarise(role("r", "ray.io", "rayjobs/status", "get")).controls == ()
    assert summarise(role("r", "ray.io", "rayjobs", "update")).controls == ()
    assert summarise(thing("karpenter.sh/NodePool", "p", spec=nodes)).node_labels == {"accelerator": "nvidia"}
    assert summarise(deployment("web", "shop", nodeSelector={"a": "b"})).pods == ({"a": "b"},)
    assert summarise(deployment("web", "shop")).pods == ({},)
    assert list(map(str, summarise(certificate).makes)) == ["Secret shop/tls"]
    assert [str(made) for made in summarise(thing("ray.io/RayService", "sd", "serving")).makes] == [
        "Service serving/sd-head-svc",
        "Service serving/sd-serve-svc",
    ]


def test_a_summary_survives_json() -> None:
    for body in (
        deployment("web", "shop", serviceAccountName="web", nodeSelector={"a": "b"}),
        definition("ray.io", "RayJob"),
        role("r", "ray.io", "rayjobs/status", "patch"),
        thing("ray.io/RayService", "sd", "serving"),
    ):
        summary = summarise(body)
        assert Summary.from_json(json.loads(json.dumps(summary.to_json()))) == summary


def test_an_issuer_names_the_secret_of_its_root() -> None:
    body = thing("cert-manager.io/Issuer", "i", "shop", spec={"ca": {"secretName": "root"}})
    assert named(body) == {"Namespace shop": "metadata.namespace", "Secret shop/root": "spec.ca"}
