"""Whatever is done to the environment files, they load, or every problem is one line that names its place."""

import random
import re
from pathlib import Path

import pytest
import yaml

from charts_src import ROOT
from charts_src.config import load, nodes
from charts_src.errors import UserError
from charts_src.model import Environment

FILES = {path.stem: path.read_bytes() for path in sorted((ROOT / "environments").glob("*.yaml"))}
NAMES = [name for name in FILES if name != "base"]
PLACE = re.compile(r"environments/[a-z]+\.yaml(:[1-9][0-9]*)?: \S.*")

SECRETS = {"AKIA" + "A" * 16, "hf_" + "a" * 20}

TRAPS = [
    *sorted(SECRETS),
    *(
        "no",
        "on",
        "~",
        "null",
        "",
        "true",
        "1.30",
        "2.0",
        "-1",
        "010",
        "0x10",
        "1:30",
        "1_000",
        "1e3",
        ".nan",
    ),
    *(
        "-.inf",
        "16GB",
        "1,5",
        "-1Gi",
        "2026-07-01",
        "2026-99-99",
        "9" * 40,
        "9" * 5_000 + ".0",
        "=",
        "<<: *a",
    ),
    *("*a", "&a x", "!!str x", "!x y", "!!python/object:os.system x", "---", "...", "? a", "- a", "a: b: c"),
    *(
        "'",
        '"',
        '"\\0"',
        '"\\ud800"',
        '"\\q"',
        "[",
        "{",
        "[]",
        "{}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "|",
        ">-",
    ),
    *(
        "@",
        "%",
        "`",
        "#",
        "\t",
        " ",
        ":",
        ": ",
        "?",
        "x" * 64,
        "Prod_1",
        "10.0.0.1/8",
        "latest",
        "a@sha256:0",
    ),
    *(
        "AKIA" + "A" * 16,
        "hf_" + "a" * 20,
        "-----BEGIN PRIVATE KEY-----",
        "\N{BOM}",
        "\N{NEXT LINE}",
        "\0",
        "\r",
    ),
    *("%YAML 1.1", "%TAG ! x", "\u202e", "é", "\U0001f600", "name", "node_pools", "version", "trn2.48xlarge"),
]


def deleted(lines: list[str], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines))]


def duplicated(lines: list[str], chance: random.Random) -> None:
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))


def swapped(lines: list[str], chance: random.Random) -> None:
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def indented(lines: list[str], chance: random.Random) -> None:
    index = chance.randrange(len(lines))
    lines[index] = " " * chance.randrange(9) + lines[index].lstrip()


def revalued(lines: list[str], chance: random.Random) -> None:
    index = chance.randrange(len(lines))
    lines[index] = f"{lines[index].partition(': ')[0]}: {chance.choice(TRAPS)}"


def rekeyed(lines: list[str], chance: random.Random) -> None:
    index = chance.randrange(len(lines))
    lines[index] = re.sub(r"[a-z_0-9]+:", lambda _: f"{chance.choice(TRAPS)}:", lines[index], count=1)


def spliced(lines: list[str], chance: random.Random) -> None:
    index = chance.randrange(len(lines))
    column = chance.randrange(len(lines[index]) + 1)
    lines[index] = lines[index][:column] + chance.choice(TRAPS) + lines[index][column:]


MUTATIONS = (deleted, duplicated, swapped, indented, revalued, rekeyed, spliced)


def mutated(content: bytes, chance: random.Random) -> bytes:
    lines = content.decode().split("\n")
    for _ in range(chance.choice((1, 1, 2, 3))):
        chance.choice(MUTATIONS)(lines, chance)
        lines = lines or [""]
    result = bytearray("\n".join(lines).encode())
    if chance.random() < 0.05:
        position = chance.randrange(len(result) + 1)
        result[position:position] = chance.randbytes(2)
    return bytes(result)


def outcome(directory: Path, seed: int) -> str:
    """Load one mutated environment; give "" or the message."""
    chance = random.Random(seed)
    name, victim = chance.choice(NAMES), chance.choice(("base", "own"))
    victim = name if victim == "own" else victim
    (directory / f"{victim}.yaml").write_bytes(mutated(FILES[victim], chance))
    try:
        assert isinstance(load(name, directory), Environment)
    except UserError as error:
        return str(error)
    finally:
        (directory / f"{victim}.yaml").write_bytes(FILES[victim])
    return ""


def check(seeds: range, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    directory = Path("environments")
    directory.mkdir()
    for name, content in FILES.items():
        (directory / f"{name}.yaml").write_bytes(content)
    messages = [outcome(directory, seed) for seed in seeds]
    for seed, message in zip(seeds, messages, strict=True):
        for line in message.splitlines():
            assert PLACE.fullmatch(line), f"seed {seed}: {message}"
            assert line.isascii(), f"seed {seed}: {message}"
            assert SECRETS.isdisjoint(re.findall(r"\w+", line)), f"seed {seed}: {message}"
    assert 0.02 < messages.count("") / len(messages) < 0.95


def test_a_mutated_environment_loads_or_is_refused_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(range(1_000), tmp_path, monkeypatch)


def test_the_parser_in_python_is_as_robust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "_LOADER", yaml.SafeLoader)
    check(range(100_000, 100_200), tmp_path, monkeypatch)


@pytest.mark.heavy
@pytest.mark.parametrize("start", range(1_000, 21_000, 5_000))
def test_many_mutated_environments_load_or_are_refused_by_line(
    start: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(range(start, start + 5_000), tmp_path, monkeypatch)
