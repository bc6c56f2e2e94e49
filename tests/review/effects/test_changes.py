"""The changes of an environment, object by object."""

from charts_src.objects import Body
from charts_src.review.effects import changes
from charts_src.review.page import Bullets, Folded, Patch, Section, Text
from charts_src.review.read import pair_of
from tests.review.effects.pairs import body, files, pair


def config_map(name: str, **data: str) -> Body:
    made = body("v1", "ConfigMap", data=data)
    made["metadata"]["name"] = name
    return made


def test_an_environment_without_changes_says_so() -> None:
    assert changes.section(pair([], [])) == Section("Changes in prod", (Text("Nothing changes."),))


def test_a_changed_field_is_a_patch_of_its_object() -> None:
    found = changes.section(pair([config_map("x", level="info")], [config_map("x", level="debug")]))
    assert found == Section(
        "Changes in prod",
        (
            Text("1 changed, 0 added, 0 removed."),
            Text("app: 1 changed, 0 added, 0 removed"),
            Text("ConfigMap ns/x"),
            Patch(("@@ data.level @@", "- info", "+ debug")),
        ),
    )


def test_lists_in_another_order_are_counted() -> None:
    old, new = (
        body("a.b/v1", "A", {"items": items, "names": [{"name": name} for name in items], "size": size})
        for items, size in ((["a", "b"], 1), (["b", "a"], 2))
    )
    *_, title, patch = changes.section(pair([old], [new])).blocks
    assert title == Text("A.a.b ns/x (2 lists in another order)")
    assert patch == Patch(("@@ spec.size @@", "- 1", "+ 2"))


def test_an_object_of_which_only_the_order_changed_has_no_patch() -> None:
    old, new = (body("a.b/v1", "A", {"items": items}) for items in (["a", "b"], ["b", "a"]))
    found = changes.section(pair([old], [new]))
    assert found.blocks[-1] == Text("A.a.b ns/x (1 list in another order)")


def test_added_and_removed_objects_are_listed_by_component() -> None:
    old = files([config_map("x"), config_map("y")], "one")
    new = files([config_map("x")], "one") | files([config_map("z")], "two")
    assert changes.section(pair_of("dev", (None, old), (None, new))).blocks[1:] == (
        Text("one: 0 changed, 0 added, 1 removed"),
        Text("removed:"),
        Bullets(("ConfigMap ns/y",)),
        Text("two: 0 changed, 1 added, 0 removed"),
        Text("added:"),
        Bullets(("ConfigMap ns/z",)),
    )


def test_a_component_with_many_lines_is_folded() -> None:
    new = [config_map(f"x{number}") for number in range(40)]
    _, folded = changes.section(pair([], new)).blocks
    assert isinstance(folded, Folded)
    assert folded.summary == "app: 0 changed, 40 added, 0 removed"
    assert folded.blocks[0] == Text("added:")


def test_values_of_secrets_are_hidden() -> None:
    old, new = (body("v1", "Secret", stringData={"a": value}) for value in ("one", "two"))
    assert changes.section(pair([old], [new])).blocks[-1] == Patch(
        ("@@ stringData.a @@", "- (hidden)", "+ (hidden)")
    )
