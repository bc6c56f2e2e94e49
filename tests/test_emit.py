"""The canonical YAML text of an object, shown literally."""

import datetime
import math
from collections import OrderedDict
from enum import StrEnum
from typing import Any

import pytest
import yaml

from charts_src.emit import emit

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app.kubernetes.io/version: "1.30"
    git-commit: "72225e2"
  name: ray-head
spec:
  replicas: 2
  template:
    spec:
      containers:
      - args:
        - --config=/etc/ray/config.yaml
        - -v
        - "8265"
        command: []
        image: rayproject/ray:2.52.0-py310-gpu
        resources:
          limits:
            cpu: 500m
            memory: 16Gi
            nvidia.com/gpu: 1
        securityContext: {}
      enableServiceLinks: false
      priority: null
      restartPolicy: Always
"""


def one(value: Any) -> str:
    """Return the text that `value` gets as the value of the key `k`."""
    text = emit({"k": value})
    assert text.startswith("k: ")
    assert text.endswith("\n")
    return text[3:-1]


def test_an_object_reads_as_kubectl_prints_it_with_its_identity_first() -> None:
    pod = {
        "restartPolicy": "Always",
        "priority": None,
        "enableServiceLinks": False,
        "containers": [
            {
                "image": "rayproject/ray:2.52.0-py310-gpu",
                "args": ["--config=/etc/ray/config.yaml", "-v", "8265"],
                "command": [],
                "securityContext": {},
                "resources": {"limits": {"nvidia.com/gpu": 1, "memory": "16Gi", "cpu": "500m"}},
            }
        ],
    }
    labels = {"git-commit": "72225e2", "app.kubernetes.io/version": "1.30"}
    body = {
        "spec": {"template": {"spec": pod}, "replicas": 2},
        "metadata": {"name": "ray-head", "labels": labels},
        "kind": "Deployment",
        "apiVersion": "apps/v1",
    }
    assert emit(body) == DEPLOYMENT


def test_only_the_top_level_puts_the_identity_first() -> None:
    body = {"aggregate": {"metadata": 1, "alpha": 2}, "metadata": {}, "kind": "X", "apiVersion": "v1"}
    assert emit(body) == "apiVersion: v1\nkind: X\nmetadata: {}\naggregate:\n  alpha: 2\n  metadata: 1\n"


def test_the_order_in_which_keys_were_set_leaves_no_trace() -> None:
    assert emit({"a": {"x": 1, "y": 2}, "b": 3}) == emit({"b": 3, "a": {"y": 2, "x": 1}})


def test_sequences_nest_in_each_other_and_in_mappings() -> None:
    body = {"k": [[1, [2]], {"b": [3], "a": {"c": 4}}, {"text": "x\ny\n", "then": 5}]}
    assert emit(body) == (
        "k:\n- - 1\n  - - 2\n- a:\n    c: 4\n  b:\n  - 3\n- text: |\n    x\n    y\n  then: 5\n"
    )


@pytest.mark.parametrize(
    ("body", "text"),
    [({}, "{}\n"), ([], "[]\n"), (["a"], "- a\n"), ("a", "a\n"), (1, "1\n"), ("a\nb", "|-\n  a\n  b\n")],
)
def test_the_root_may_be_any_value(body: Any, text: str) -> None:
    assert emit(body) == text


@pytest.mark.parametrize(
    "text",
    [
        *("y", "N", "yes", "No", "on", "OFF", "true", "False", "null", "Null", "~", ""),
        *("0", "-1", "+1", "08", "017", "0o17", "0x1f", "0b1", "1_000", "1__0", "-_1", "1:30", "1:30:00.5"),
        *("1.0", ".5", "5.", "1e3", "1E3", "1e+3", "72225e2", "685230e15", "0x1p4", "1_0.5"),
        *(".inf", "-.inf", "+.INF", ".nan", ".NaN"),
        *("2026-01-01", "2026-1-1", "2026-01-01T00:00:00Z", "2026-01-01 00:00:00", "2026-01-01t0:0:0.5"),
        *("=", "<<", "<", "-", "--", "---", "...", "- a", "-- a", "? a", "?", ": a", ":", ":a"),
        *(",", "[", "]", "{", "}", "#", "&a", "*a", "!a", "!!str", "|", "|-", ">", "'a'", "%a", "@a", "`a`"),
        *("a: b", "a:", "a #b", " a", "a ", " ", "a:  b"),
    ],
)
def test_what_a_reader_may_take_for_something_else_is_quoted(text: str) -> None:
    assert one(text) == f'"{text}"'


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('say "hi": \\', r'"say \"hi\": \\"'),
        ("a\tb", r'"a\tb"'),
        ("a\r\nb", r'"a\r\nb"'),
        ("\x00\x07\x1b\x7f\x85\xa0", r'"\u0000\u0007\u001b\u007f\u0085\u00a0"'),
        ("\u2028\u2029\ufeff\u200b\u202e", r'"\u2028\u2029\ufeff\u200b\u202e"'),
        ("\ufffe\U000e0001", r'"\ufffe\U000e0001"'),
        ("\U0001f680 up", '"\U0001f680 up"'),
        ("é", '"é"'),
    ],
)
def test_what_cannot_be_seen_is_escaped_and_what_can_is_not(text: str, quoted: str) -> None:
    assert one(text) == quoted


@pytest.mark.parametrize(
    "text",
    [
        *("nginx", "Yes sir", "none", "nan", "inf", "y1", "truest", "a:b", "a#b", "a  b", "it's", 'a"b'),
        *("registry.example.com/a/b:v1.2.3", "arn:aws:iam::111122223333:role/x"),
        *("https://example.com/?a=b&c",),
        *("/", "/var/log/*.log", "./run.sh", "../up", "--x=[1, 2]", "-c", "$(POD_IP)", "${HOME}"),
        *("(a|b)", "^a$"),
        *("100m", "16Gi", "1.5Gi", "30s", "1h30m", "1k", "10.0.0.1", "10.0.0.0/16", "1.34.2", "1/2"),
        *("café, thé",),
    ],
)
def test_what_no_reader_can_mistake_stays_plain(text: str) -> None:
    assert one(text) == text
    assert yaml.safe_load(emit({"k": text, "l": {text: [text]}})) == {"k": text, "l": {text: [text]}}


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("a\nb\n", "|\n  a\n  b"),
        ("a\nb", "|-\n  a\n  b"),
        ("a\n", "|\n  a"),
        (
            "#!/bin/sh\n\nif true; then\n\techo: '# no'\nfi\n",
            "|\n  #!/bin/sh\n\n  if true; then\n  \techo: '# no'\n  fi",
        ),
        ("---\n...\n- é: \U0001f680\n", "|\n  ---\n  ...\n  - é: \U0001f680"),
    ],
)
def test_clean_multi_line_text_is_a_block(text: str, block: str) -> None:
    assert one(text) == block


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a \nb\n", r'"a \nb\n"'),
        ("a\t\nb\n", r'"a\t\nb\n"'),
        ("a\n  \nb\n", r'"a\n  \nb\n"'),
        (" a\nb\n", r'" a\nb\n"'),
        ("\ta\nb\n", r'"\ta\nb\n"'),
        ("\na\n", r'"\na\n"'),
        ("\n", r'"\n"'),
        ("a\n\n", r'"a\n\n"'),
        ("a\nb ", r'"a\nb "'),
        ("a\nb\x7f\n", r'"a\nb\u007f\n"'),
        ("a\nb\u2028\n", r'"a\nb\u2028\n"'),
        ("a\r\nb\r\n", r'"a\r\nb\r\n"'),
    ],
)
def test_multi_line_text_that_a_block_would_hide_something_of_is_quoted(text: str, quoted: str) -> None:
    assert one(text) == quoted


def test_a_multi_line_key_is_quoted() -> None:
    assert emit({"a\nb": 1}) == '"a\\nb": 1\n'


def test_a_key_too_long_for_readers_to_find_its_colon_is_marked_as_a_key() -> None:
    key = "k" * 2000
    assert emit({"a": {key: {"b": 1}}}) == f"a:\n  ? {key}\n  :\n    b: 1\n"


def test_a_long_line_is_not_folded() -> None:
    text = "word " * 500 + "end"
    assert one(text) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-7, "-7"),
        (2**53 + 1, "9007199254740993"),
        (10**30, "1000000000000000000000000000000"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000.0"),
        (1.5e300, "15" + "0" * 299 + ".0"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
    ],
)
def test_numbers_are_written_with_all_their_digits(number: float | None, text: str) -> None:
    assert one(number) == text
    assert repr(yaml.safe_load(text)) == repr(number)


class Tier(StrEnum):
    GOLD = "gold"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"spec": {"zones": [{"a"}]}}, ".spec.zones[0]: set is not plain data"),
        ({"spec": [[], [(1,)]]}, ".spec[1][0]: tuple is not plain data"),
        ({"k": b"x"}, ".k: bytes is not plain data"),
        ({"k": datetime.date(2026, 1, 1)}, ".k: date is not plain data"),
        ({"k": Tier.GOLD}, ".k: Tier is not plain data"),
        ({"k": OrderedDict()}, ".k: OrderedDict is not plain data"),
        ({"k": {1: "x", "a": "y"}}, ".k: a key is not a string: 1"),
        ({"k": [{None: "x"}]}, ".k[0]: a key is not a string: None"),
        ({True: "x"}, ": a key is not a string: True"),
    ],
)
def test_what_is_not_plain_data_is_a_type_error_with_its_path(body: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        emit(body)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"spec": {"k": math.inf}}, ".spec.k: inf is not a number"),
        ({"k": [math.nan]}, ".k[0]: nan is not a number"),
        ({"k": "a\ud800"}, ".k: lone surrogate U+D800 is not text"),
        ({"k": "a\nb\udfff\n"}, ".k: lone surrogate U+DFFF is not text"),
    ],
)
def test_what_yaml_cannot_hold_is_a_value_error_with_its_path(body: Any, message: str) -> None:
    with pytest.raises(ValueError, match="not") as caught:
        emit(body)
    assert str(caught.value).startswith(message)
