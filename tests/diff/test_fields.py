from typing import Any

import yaml

from charts_src.diff.fields import MISSING, FieldChange, field_changes


def changes(old: str, new: str) -> list[tuple[str, Any, Any]]:
    fields = field_changes(yaml.safe_load(old), yaml.safe_load(new))
    return [(field.path, field.old, field.new) for field in fields]


def test_a_container_is_found_by_name_wherever_it_stands() -> None:
    old = "containers: [{name: ray-worker, image: 'ray:1'}, {name: log}]"
    new = "containers: [{name: init, image: 'i:1'}, {name: ray-worker, image: 'ray:2'}, {name: log}]"
    assert changes(old, new) == [
        ("containers[name=init]", MISSING, {"name": "init", "image": "i:1"}),
        ("containers[name=ray-worker].image", "ray:1", "ray:2"),
    ]


def test_elements_that_only_moved_are_one_line() -> None:
    old = "env: [{name: A, value: '1'}, {name: B, value: $(A)}, {name: C}]"
    new = "env: [{name: B, value: $(A)}, {name: A, value: '1'}, {name: D}]"
    assert changes(old, new) == [
        ("env[name=D]", MISSING, {"name": "D"}),
        ("env[name=C]", {"name": "C"}, MISSING),
        ("env (order)", ["A", "B"], ["B", "A"]),
    ]


def test_a_volume_mount_is_found_by_its_path() -> None:
    old = "volumeMounts: [{name: shm, mountPath: /dev/shm}, {name: models, mountPath: /models}]"
    new = "volumeMounts: [{name: shm, mountPath: /dev/shm}, {name: cache, mountPath: /models}]"
    assert changes(old, new) == [("volumeMounts[mountPath=/models].name", "models", "cache")]


def test_ports_that_share_a_number_are_found_by_name() -> None:
    old = "ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]"
    new = "ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 54, protocol: TCP}]"
    assert changes(old, new) == [("ports[name=dns-tcp].port", 53, 54)]


def test_a_service_port_is_found_by_its_number() -> None:
    old = "ports: [{name: http, port: 80, targetPort: 8000}]"
    new = "ports: [{name: web, port: 80, targetPort: 8000}]"
    assert changes(old, new) == [("ports[port=80].name", "http", "web")]


def test_a_ray_worker_group_is_found_by_its_name() -> None:
    old = "spec: {workerGroupSpecs: [{groupName: gpu, replicas: 2}]}"
    new = "spec: {workerGroupSpecs: [{groupName: gpu, replicas: 4}]}"
    assert changes(old, new) == [("spec.workerGroupSpecs[groupName=gpu].replicas", 2, 4)]


def test_a_requirement_is_found_by_its_key_and_its_values_are_a_set() -> None:
    old = "requirements: [{key: zone, operator: In, values: [a, b]}]"
    new = "requirements: [{key: zone, operator: In, values: [c, a]}]"
    assert changes(old, new) == [
        ("requirements[key=zone].values[]", "b", MISSING),
        ("requirements[key=zone].values[]", MISSING, "c"),
    ]


def test_tolerations_that_share_a_key_are_compared_by_index() -> None:
    old = "tolerations: [{key: gpu, effect: NoSchedule}, {key: gpu, effect: NoExecute}]"
    new = "tolerations: [{key: gpu, effect: NoSchedule}, {key: gpu, effect: PreferNoSchedule}]"
    assert changes(old, new) == [("tolerations[1].effect", "NoExecute", "PreferNoSchedule")]


def test_a_set_in_another_order_is_one_line() -> None:
    assert changes("verbs: [get, list]", "verbs: [list, get]") == [
        ("verbs (order)", ["get", "list"], ["list", "get"]),
    ]


def test_arguments_are_compared_in_order() -> None:
    old, new = "args: [--fast, --port=1, x]", "args: [--port=2, --fast, --port=1, y]"
    assert changes(old, new) == [("args[0]", MISSING, "--port=2"), ("args[3]", "x", "y")]


def test_a_rule_put_first_is_one_change() -> None:
    old = "rules: [{verbs: [get]}, {verbs: [list]}]"
    new = "rules: [{verbs: [watch]}, {verbs: [get]}, {verbs: [list]}]"
    assert changes(old, new) == [("rules[0]", MISSING, {"verbs": ["watch"]})]


def test_types_count() -> None:
    old, new = "{a: 1, b: 1, c: 'true', d: [1], e: {}}", "{a: true, b: 1.0, c: true, d: [true], e: null}"
    assert [path for path, _, _ in changes(old, new)] == ["a", "b", "c", "d[]", "d[]", "e"]


def test_a_key_with_dots_or_slashes_is_quoted() -> None:
    old, new = "labels: {app.kubernetes.io/name: a}", "labels: {app.kubernetes.io/name: b}"
    assert changes(old, new) == [('labels["app.kubernetes.io/name"]', "a", "b")]


def test_yaml_inside_a_string_is_compared_as_yaml() -> None:
    old = """
    spec:
      serveConfigV2: |
        applications:
        - name: llm
          deployments: [{name: vllm, num_replicas: 1}]
    """
    new = """
    spec:
      serveConfigV2: |
        # two for a rolling update
        applications:
        - deployments: [{num_replicas: 2, name: vllm}]
          name: llm
    """
    path = "spec.serveConfigV2 | applications[name=llm].deployments[name=vllm].num_replicas"
    assert changes(old, new) == [(path, 1, 2)]


def test_a_comment_inside_a_string_is_compared_as_text() -> None:
    assert list(field_changes("a: 1\n# x\n", "a: 1\n# y\n", "data.config")) == [
        FieldChange("data.config", "a: 1\n# x\n", "a: 1\n# y\n")
    ]


def test_a_script_is_compared_as_text() -> None:
    old, new = "#!/bin/sh\necho 1\n", "#!/bin/sh\necho 2\n"
    assert list(field_changes(old, new, "data.run")) == [FieldChange("data.run", old, new)]
