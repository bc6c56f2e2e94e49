import pytest

from charts_src.promote.edit import remove, set_value

TEXT = """\
# The file begins with a comment.
kubernetes: "1.35"  # as long as AWS supports it

karpenter:  # nodes
  # What follows belongs to the pools.
  node_pools:
    gpu: {max_nodes: 3, zones: [a, b]}
  ami_version: v20260101

cluster:
  addon_versions: {}
llm:
  models:
    chat:
      model_id: a
"""


def changed(before: str, after: str) -> list[str]:
    old, new = before.splitlines(), after.splitlines()
    return [f"-{line}" for line in old if line not in new] + [f"+{line}" for line in new if line not in old]


@pytest.mark.parametrize(
    ("where", "value", "lines"),
    [
        (
            ("kubernetes",),
            "1.36",
            [
                '-kubernetes: "1.35"  # as long as AWS supports it',
                '+kubernetes: "1.36"  # as long as AWS supports it',
            ],
        ),
        (
            ("karpenter", "ami_version"),
            "v20260202",
            ["-  ami_version: v20260101", "+  ami_version: v20260202"],
        ),
        (("karpenter", "version"), "1.2.3", ["+  version: 1.2.3"]),
        (("llm", "image_tag"), "1.0", ['+  image_tag: "1.0"']),
        (
            ("llm", "models", "chat", "engine_kwargs", "revision"),
            "abc",
            ["+      engine_kwargs:", "+        revision: abc"],
        ),
        (
            ("karpenter", "node_pools", "gpu", "version"),
            "1.2.3",
            [
                "-    gpu: {max_nodes: 3, zones: [a, b]}",
                "+    gpu: {version: 1.2.3, max_nodes: 3, zones: [a, b]}",
            ],
        ),
        (
            ("cluster", "addon_versions", "vpc-cni"),
            "v1.2.3",
            ["-  addon_versions: {}", "+  addon_versions: {vpc-cni: v1.2.3}"],
        ),
        (("jupyterhub", "image_tag"), "0.2.0", ["+jupyterhub:", "+  image_tag: 0.2.0"]),
        (("llm", "models", "chat", "model_id"), None, ["-      model_id: a", "+      model_id: null"]),
    ],
)
def test_only_the_lines_of_a_value_change(where: tuple[str, ...], value: str, lines: list[str]) -> None:
    assert changed(TEXT, set_value(TEXT, where, value)) == lines


def test_a_key_is_added_below_its_section_and_above_the_comment_of_what_follows() -> None:
    assert set_value(TEXT, ("karpenter", "version"), "1.2.3").splitlines()[3:6] == [
        "karpenter:  # nodes",
        "  version: 1.2.3",
        "  # What follows belongs to the pools.",
    ]


def test_a_section_is_added_to_a_file_without_a_line_feed_at_its_end() -> None:
    assert set_value("name: prod", ("llm", "image_tag"), "x") == "name: prod\nllm:\n  image_tag: x\n"


@pytest.mark.parametrize(
    ("where", "lines"),
    [
        (("kubernetes",), ['-kubernetes: "1.35"  # as long as AWS supports it']),
        (("karpenter", "ami_version"), ["-  ami_version: v20260101"]),
        (
            ("llm", "models", "chat", "model_id"),
            ["-llm:", "-  models:", "-    chat:", "-      model_id: a"],
        ),
        (
            ("karpenter", "node_pools", "gpu", "max_nodes"),
            ["-    gpu: {max_nodes: 3, zones: [a, b]}", "+    gpu: {zones: [a, b]}"],
        ),
        (
            ("karpenter", "node_pools", "gpu", "zones"),
            ["-    gpu: {max_nodes: 3, zones: [a, b]}", "+    gpu: {max_nodes: 3}"],
        ),
        (("cluster", "addon_versions"), ["-cluster:", "-  addon_versions: {}"]),
    ],
)
def test_a_key_goes_with_its_lines_and_the_sections_that_it_leaves_empty(
    where: tuple[str, ...], lines: list[str]
) -> None:
    assert changed(TEXT, remove(TEXT, where)) == lines


def test_a_list_goes_with_all_of_its_lines() -> None:
    assert remove("a: 1\nb:\n  - 1\n  - 2\n\n# about c\nc: 3\n", ("b",)) == "a: 1\n\n# about c\nc: 3\n"
