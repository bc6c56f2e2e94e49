"""Templates are found from what changes of an environment do to objects, here to small made-up ones."""

from collections.abc import Callable
from typing import Any

import pytest

from charts_src import config, state
from charts_src.helm.cases import Case, field
from charts_src.helm.experiments import applied, changes, data_of
from charts_src.helm.explain import explained
from charts_src.helm.fields import Data, Where, lookup
from charts_src.helm.template import Scope, Unknown, evaluate
from charts_src.helm.write import Writer

ENVIRONMENTS = {name: data_of(config.load(name, state.ENVIRONMENTS)) for name in ("dev", "prod")}
NAME = ("cluster", "name")
REPLICAS = ("monitoring", "alertmanager", "replicas")
SWITCH = ("monitoring", "alertmanager", "dead_mans_switch")
CHANNEL = ("monitoring", "alertmanager", "slack_channel")
POOLS = ("karpenter", "node_pools")
ZONES = ("aws", "zones")


def learned(make: Callable[[Data], Any], *paths: Where) -> Any:
    """Find the template of what `make` makes of environments, from changes of the fields at `paths`."""
    cases = []
    for name, data in ENVIRONMENTS.items():
        cases.append(Case((name,), None, (), Scope(data), make(data)))
        for path in paths:
            for change in changes(path, lookup(data, path), ()):
                scope = Scope(applied(data, change))
                ref = field(change.path, scope)
                cases.append(Case((name,), ref, change.path, scope, make(scope.data)))
    return explained(cases)


def written(make: Callable[[Data], Any], *paths: Where) -> str:
    return Writer("example", {}).whole("", learned(make, *paths))


def test_what_no_field_changes_is_written_as_it_is_rendered() -> None:
    assert written(lambda _: {"kind": "Job", "message": "{{ .Status }}"}, NAME) == (
        'kind: Job\nmessage: "{{ "{{" }} .Status }}"\n'
    )


def test_a_text_in_a_text_becomes_an_action() -> None:
    template = written(lambda data: {"role": f"{data['cluster']['name']}-node"}, NAME)

    assert template == 'role: {{ printf "%v-node" ($values.cluster).name | toRawJson }}\n'


def test_a_number_that_is_worked_out_of_a_field_becomes_a_sum() -> None:
    template = written(
        lambda data: {
            "replicas": data["monitoring"]["alertmanager"]["replicas"],
            "args": [f"--size={data['monitoring']['alertmanager']['replicas'] * 1024 + 5}"],
        },
        REPLICAS,
    )

    field_ = "(($values.monitoring).alertmanager).replicas"
    assert template == (
        f"replicas: {{{{ {field_} | toRawJson }}}}\n"
        f'args:\n- {{{{ printf "--size=%d" (add (mul (int64 {field_}) 1024) 5) | toRawJson }}}}\n'
    )


def test_a_part_of_a_number_is_rounded_down_as_it_was() -> None:
    def make(data: Data) -> Any:
        return {"size": f"{data['monitoring']['prometheus']['volume_gib'] * 9 // 10}GiB"}

    node = learned(make, ("monitoring", "prometheus", "volume_gib"))

    changed = applied(
        ENVIRONMENTS["dev"], next(iter(changes(("monitoring", "prometheus", "volume_gib"), 1, ())))
    )
    assert evaluate(node, Scope(changed)) == make(changed)


def test_a_switch_decides_what_is_there() -> None:
    template = written(
        lambda data: {
            "kind": "Route",
            **({"receiver": "watchdog"} if data["monitoring"]["alertmanager"]["dead_mans_switch"] else {}),
        },
        SWITCH,
    )

    assert template == (
        "kind: Route\n"
        "{{- if (($values.monitoring).alertmanager).dead_mans_switch }}\n"
        "receiver: watchdog\n"
        "{{- end }}\n"
    )


def test_the_next_number_may_decide_what_is_there() -> None:
    template = written(
        lambda data: {
            "kind": "Budget",
            **({"several": True} if data["monitoring"]["alertmanager"]["replicas"] > 1 else {}),
        },
        REPLICAS,
    )

    assert (
        "{{- if (ge (int64 (($values.monitoring).alertmanager).replicas) 2) }}\nseveral: true\n" in template
    )


def test_a_field_that_may_be_unset_decides_and_is_written() -> None:
    def make(data: Data) -> Any:
        channel = data["monitoring"]["alertmanager"]["slack_channel"]
        return {"kind": "Receiver", **({"channel": f"to {channel}"} if channel else {})}

    assert written(make, CHANNEL) == (
        "kind: Receiver\n"
        "{{- if (($values.monitoring).alertmanager).slack_channel }}\n"
        'channel: {{ printf "to %v" (($values.monitoring).alertmanager).slack_channel | toRawJson }}\n'
        "{{- end }}\n"
    )


def test_what_is_there_for_each_entry_of_a_map_becomes_a_loop() -> None:
    def make(data: Data) -> Any:
        pools = data["karpenter"]["node_pools"]
        return {"pools": [{"name": name, "most": pools[name]["max_nodes"]} for name in sorted(pools)]}

    limits = [(*POOLS, name, "max_nodes") for name in ("system", "batch")]

    assert written(make, POOLS, *limits) == (
        "pools:\n"
        "{{- range $node_pools_key, $node_pools := ($values.karpenter).node_pools }}\n"
        "- name: {{ $node_pools_key | toRawJson }}\n"
        "  most: {{ ($node_pools).max_nodes | toRawJson }}\n"
        "{{- end }}\n"
    )


def test_a_list_in_a_text_is_joined() -> None:
    template = written(lambda data: {"zones": ", ".join(data["aws"]["zones"])}, ZONES)

    assert (
        template
        == 'zones: {{ printf "%s" ((($values.aws).zones | default list) | join ", ") | toRawJson }}\n'
    )


def test_lines_of_a_text_come_and_go() -> None:
    def make(data: Data) -> Any:
        watched = data["monitoring"]["alertmanager"]["dead_mans_switch"]
        return {"text": "\n".join(["a: 1", *(["", "watched: yes"] if watched else []), "z: 2", ""])}

    node = learned(make, SWITCH)

    assert [evaluate(node, Scope(data)) for data in ENVIRONMENTS.values()] == [
        {"text": "a: 1\nz: 2\n"},
        {"text": "a: 1\n\nwatched: yes\nz: 2\n"},
    ]


def test_a_value_that_nothing_was_tried_with_is_unknown() -> None:
    facts = {"dev": "small", "prod": "large"}
    names = {data["cluster"]["name"]: facts[name] for name, data in ENVIRONMENTS.items()}
    node = learned(lambda data: {"size": names.get(data["cluster"]["name"], "none")}, NAME)

    changed = ENVIRONMENTS["dev"] | {"cluster": ENVIRONMENTS["dev"]["cluster"] | {"name": "another"}}
    with pytest.raises(Unknown) as found:
        evaluate(node, Scope(changed))

    assert found.value.place == NAME
