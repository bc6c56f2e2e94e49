import json

import pytest

from charts_src.diff.compare import Change
from charts_src.diff.fields import MISSING, FieldChange
from charts_src.diff.parse import Hidden
from charts_src.diff.report import COMMENT_LIMIT, to_json, to_markdown, to_text
from charts_src.objects import Identity

POOL = Change(
    Identity("karpenter.sh", "NodePool", "", "gpu"),
    "pools",
    "changed",
    (
        FieldChange("spec.limits.cpu", 64, 128),
        FieldChange("spec.requirements[key=zone].values[]", MISSING, "us-east-1c"),
        FieldChange("spec.taints[key=gpu]", {"key": "gpu", "value": "true"}, MISSING),
        FieldChange("spec.paused", "true", None),
    ),
)
ADDED = Change(Identity("", "ConfigMap", "ray", "settings"), "ray", "added")
SCRIPT = Change(
    Identity("", "ConfigMap", "ray", "start"),
    "ray",
    "changed",
    (
        FieldChange(
            'data["run.sh"]', "one\ntwo\nthree\nfour\nfive\nsix\n", "one\ntwo\nthree\nfour\nfive\n6\n"
        ),
    ),
)


def huge(objects: int, fields: int, length: int) -> list[Change]:
    values = tuple(FieldChange(f"spec.f{number}", "a" * length, "b" * length) for number in range(fields))
    return [
        Change(Identity("", "ConfigMap", "ray", f"c{i:05}"), "ray", "changed", values) for i in range(objects)
    ]


def test_text_groups_fields_by_object_and_objects_by_component() -> None:
    assert (
        to_text([POOL, ADDED, SCRIPT], "prod")
        == """\
pools
  ~ NodePool.karpenter.sh gpu
      spec.limits.cpu
        - 64
        + 128
      spec.requirements[key=zone].values[]
        + us-east-1c
      spec.taints[key=gpu]
        - key: gpu
        - value: 'true'
      spec.paused
        - "true"
        + null

ray
  + ConfigMap ray/settings
  ~ ConfigMap ray/start
      data["run.sh"]
        @@ -4,3 +4,3 @@
          four
          five
        - six
        + 6

2 changed, 1 added, 0 removed in prod
"""
    )


def test_text_of_no_changes_is_the_counts() -> None:
    assert to_text([], "prod") == "0 changed, 0 added, 0 removed in prod\n"


def test_text_is_coloured_only_when_asked() -> None:
    assert "\x1b" not in to_text([POOL, ADDED, SCRIPT], "prod")
    text = to_text([POOL], "prod", color=True)
    assert "        \x1b[31m- 64\x1b[0m\n        \x1b[32m+ 128\x1b[0m\n" in text


def test_control_characters_do_not_reach_the_terminal() -> None:
    field = FieldChange("data.a", "x\n\x1b[2Jgone\n", "x\n\u202egnp\n")
    text = to_text([Change(ADDED.identity, "ray", "changed", (field,))], "prod")
    assert "- \\x1b[2Jgone\n" in text
    assert "+ \\u202egnp\n" in text


def test_line_ends_that_alone_differ_are_shown() -> None:
    field = FieldChange("data.a", "x", "x\n")
    text = to_text([Change(ADDED.identity, "ray", "changed", (field,))], "prod")
    assert '      data.a\n        - "x"\n        + "x\\n"\n' in text


def test_every_report_hides_values_of_secrets() -> None:
    fields = (
        FieldChange("data.a", Hidden("s3cret"), MISSING),
        FieldChange("data", MISSING, {"b": Hidden("s3cret")}),
    )
    changes = [Change(Identity("", "Secret", "ray", "token"), "ray", "changed", fields)]
    for report in (to_text(changes, "prod"), to_markdown(changes, "prod"), to_json({"prod": changes})):
        assert "s3cret" not in report
        assert report.count("(hidden)") == 2


def test_json_leaves_out_what_a_side_does_not_have() -> None:
    assert json.loads(to_json({"prod": [POOL, ADDED]}))["prod"][1] == {
        "component": "ray",
        "status": "added",
        "object": {"group": "", "kind": "ConfigMap", "namespace": "ray", "name": "settings"},
        "fields": [],
    }
    assert json.loads(to_json({"prod": [POOL]}))["prod"][0]["fields"] == [
        {"path": "spec.limits.cpu", "old": 64, "new": 128},
        {"path": "spec.requirements[key=zone].values[]", "new": "us-east-1c"},
        {"path": "spec.taints[key=gpu]", "old": {"key": "gpu", "value": "true"}},
        {"path": "spec.paused", "old": "true", "new": None},
    ]


def test_markdown_has_a_table_and_a_collapsed_section_for_each_component() -> None:
    assert (
        to_markdown([ADDED, SCRIPT], "prod")
        == """\
### <code>prod</code>: 1 changed, 1 added, 0 removed

| component | changed | added | removed |
|---|---:|---:|---:|
| <code>ray</code> | 1 | 1 | 0 |

<details><summary><code>ray</code>: 1 changed, 1 added, 0 removed</summary>

added <code>ConfigMap ray/settings</code>

changed <code>ConfigMap ray/start</code>

```diff
@@ data["run.sh"] @@
@@ -4,3 +4,3 @@
  four
  five
- six
+ 6
```

</details>

See the whole with <code>make diff ENV=prod</code>.
"""
    )


def test_markdown_of_no_changes_is_the_counts() -> None:
    assert to_markdown([], "prod") == (
        "### <code>prod</code>: 0 changed, 0 added, 0 removed\n\n"
        "See the whole with <code>make diff ENV=prod</code>.\n"
    )


def test_markdown_cannot_be_broken_out_of() -> None:
    field = FieldChange("data.a", "```\n</details>@team\n", "````\n| x |\n")
    identity = Identity("", "ConfigMap", "ray", "`a`|<b>@team")
    text = to_markdown([Change(identity, "ray", "changed", (field,))], "prod")
    assert "<code>ConfigMap ray/&#96;a&#96;&#124;&#60;b&#62;&#64;team</code>\n" in text
    assert (
        "\n`````diff\n@@ data.a @@\n@@ -1,2 +1,2 @@\n- ```\n- </details>@team\n+ ````\n+ | x |\n`````\n"
        in text
    )


def test_markdown_that_just_fits_is_whole_and_one_character_less_makes_it_short() -> None:
    changes = huge(objects=3, fields=2, length=50)
    whole = to_markdown(changes, "prod")
    assert to_markdown(changes, "prod", limit=len(whole)) == whole
    limit = len(whole) - 1
    assert (
        to_markdown(changes, "prod", limit=limit)
        == f"""\
### <code>prod</code>: 3 changed, 0 added, 0 removed

| component | changed | added | removed |
|---|---:|---:|---:|
| <code>ray</code> | 3 | 0 | 0 |

<code>ray</code>: 3 changed, 0 added, 0 removed

- changed <code>ConfigMap ray/c00000</code> (2 fields)
- changed <code>ConfigMap ray/c00001</code> (2 fields)
- changed <code>ConfigMap ray/c00002</code> (2 fields)

Shortened to {limit} characters. See the whole with <code>make diff ENV=prod</code>.
"""
    )


def test_markdown_of_very_many_objects_is_the_counts() -> None:
    assert (
        to_markdown(huge(objects=5000, fields=1, length=1), "prod")
        == """\
### <code>prod</code>: 5000 changed, 0 added, 0 removed

Shortened to 65536 characters. See the whole with <code>make diff ENV=prod</code>.
"""
    )


@pytest.mark.parametrize("limit", [0, 10, 60, 120, 500, 5000, COMMENT_LIMIT])
def test_markdown_never_exceeds_its_limit(limit: int) -> None:
    for changes in ([], huge(1, 1, 100_000), huge(60, 3, 400), huge(1500, 0, 0)):
        assert len(to_markdown(changes, "prod", limit)) <= limit


def test_no_form_of_a_diff_spreads_a_credential() -> None:
    key = "AKIA" + "A" * 16
    block = "-----BEGIN PRIVATE KEY-----\nline one\nline two\n"
    fields = (FieldChange("data.key", "old", key), FieldChange("data.pem", MISSING, [{"text": block}]))
    change = Change(Identity("", "ConfigMap", "ray", "pasted"), "ray", "changed", fields)
    for text in (to_text([change], "dev"), to_markdown([change], "dev"), to_json({"dev": [change]})):
        assert "***" in text
        assert key not in text
        assert "line two" not in text
