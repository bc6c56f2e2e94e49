"""What is written is what PyYAML and the Go reader of Kubernetes read back, string by string."""

import json
import random
import struct
import subprocess
from collections.abc import Callable, Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest
import yaml

from charts_src.emit import emit

YAMLREAD = Path(__file__).parents[1] / ".tools" / "bin" / "yamlread"
SEED = 20260101
BATCH = 500

TRAPS = (
    *("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf", "~", ""),
    *("0", "-0", "08", "0o17", "0x1f", "0b1", "1_000", "1:30", "190:20:30.15", "1.", ".5", "+1", "-1"),
    *("6.02e23",),
    *("1e3", "72225e2", "0x1p-2", ".inf", "-.inf", "+.inf", ".nan", "1.2.3", "10.0.0.1", "12e03", "-_1"),
    *("_1",),
    *("2026-01-01", "2026-1-1T1:2:3Z", "2026-01-01 10:00:00 +01:00", "10:00", "=", "<<", "---", "..."),
    *("--- a",),
    *("-", "?", ":", ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", '"', "%", "@", "`", "\\"),
    *("- a", "? a", ": a", "a: b", "a:", "a #b", "[a]", "{a: b}", "{{ .Values.x }}", "!!str a", "&a b"),
    *("%YAML",),
    *("100m", "16Gi", "10.0.0.0/16", "--flag=x", "$(A)", "a/b:c@sha256:0", "é", "\U0001f680", "\u0301"),
    *("\u05d0",),
    *("\t", "\r", "\n", "\r\n", "\x00", "\x1f", "\x7f", "\x80", "\x85", "\xa0", "\xad", "\u2028", "\u2029"),
    *("\ufeff", "\u200b", "\u202e", "\ufffd", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff", "k" * 1100),
)
NUMBER_PARTS = "0123456789__++--..::eExXoObBaAfFtTzZpPiInN /"
INDICATORS = "-?:,[]{}#&*!|>'\"%@`=<~^$()\\/ \t\nab1é"
LINE_PARTS = (
    "",
    " ",
    "  ",
    "\t",
    "a",
    "key: value",
    "- item",
    "# note",
    "---",
    "...",
    "\ta",
    "  a",
    "a ",
    "a\t",
    "|",
)

Reader = Callable[[list[Any]], list[Any]]


def python_reader(bodies: list[Any]) -> list[Any]:
    return [yaml.load(emit(body), Loader=yaml.CSafeLoader) for body in bodies]


def go_reader(bodies: list[Any]) -> list[Any]:
    documents = "\0".join(emit(body) for body in bodies).encode()
    done = subprocess.run([YAMLREAD], input=documents, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(params=["python", "go"])
def read(request: pytest.FixtureRequest) -> Reader:
    if request.param == "python":
        return python_reader
    if not YAMLREAD.exists():
        pytest.fail(f"{YAMLREAD} is missing: `make test` builds it from tools/go/cmd/yamlread")
    return go_reader


def seeded(seed: int) -> random.Random:
    return random.Random(seed)


def any_char(rng: random.Random) -> str:
    code = rng.choice(
        (rng.randrange(0x100), rng.randrange(0x3000), rng.randrange(0x10000), rng.randrange(0x110000))
    )
    return chr(code) if not 0xD800 <= code <= 0xDFFF else "\ufffd"


def fuzzed(rng: random.Random) -> str:
    """Return a trap, a mixture of traps, a near-number, indicators, lines of text or random Unicode."""
    match rng.randrange(7):
        case 0:
            trap = rng.choice(TRAPS)
            return rng.choice((trap, trap.upper(), trap.title(), trap + rng.choice(TRAPS)))
        case 1:
            return rng.choice(("", " ", "\n")).join(rng.choices(TRAPS, k=rng.randint(1, 4)))
        case 2:
            return "".join(rng.choices(NUMBER_PARTS, k=rng.randint(1, 9)))
        case 3:
            return "".join(rng.choices(INDICATORS, k=rng.randint(1, 7)))
        case 4:
            return "\n".join(rng.choices(LINE_PARTS, k=rng.randint(1, 6)))
        case 5:
            return "".join(any_char(rng) for _ in range(rng.randint(1, 8)))
        case _:
            text = rng.choice(("name", "a b", "line\nline\n", "--opt", "8"))
            at = rng.randint(0, len(text))
            return text[:at] + any_char(rng) + text[at:]


def batched(strings: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yield objects that hold each string as value, item and key, at the top and further down."""
    while batch := list(islice(strings, BATCH)):
        yield {
            "values": batch,
            "keys": {text: text for text in batch},
            "deep": [{"a": [[text, {text: {"b": text}}], text], text: [{text: []}]} for text in batch],
        }


def assert_read_back(read: Reader, strings: Iterator[str]) -> None:
    bodies = list(batched(strings))
    for body, got in zip(bodies, read(bodies), strict=True):
        for text, back in zip(body["values"], got["values"], strict=True):
            assert back == text
        assert got == body


def test_5_000_fuzzed_strings_are_read_back(read: Reader) -> None:
    rng = seeded(SEED)
    assert_read_back(read, (fuzzed(rng) for _ in range(5_000)))


@pytest.mark.heavy
def test_200_000_fuzzed_strings_are_read_back(read: Reader) -> None:
    rng = seeded(SEED + 1)
    for _ in range(10):
        assert_read_back(read, (fuzzed(rng) for _ in range(20_000)))


def test_every_string_of_two_ascii_characters_is_read_back(read: Reader) -> None:
    ascii_chars = [chr(code) for code in range(128)]
    bodies = [{"values": [first + second for second in ascii_chars]} for first in ascii_chars]
    assert read(bodies) == bodies


def test_every_near_number_of_four_characters_is_read_back(read: Reader) -> None:
    texts = ["".join(chars) for chars in product("019_+-.:exoTi", repeat=4)]
    assert read([{"values": texts}]) == [{"values": texts}]


def test_every_character_is_read_back(read: Reader) -> None:
    chars = [chr(code) for code in range(0x10000) if not 0xD800 <= code <= 0xDFFF]
    bodies = [{"alone": chars, "inside": [f"a{char}b" for char in chars], "block": "\n".join(chars)}]
    assert read(bodies) == bodies


def test_the_fuzzed_strings_reach_every_way_of_writing() -> None:
    rng = seeded(SEED)
    texts = [emit([fuzzed(rng)])[2:] for _ in range(5_000)]
    ways = [sum(text.startswith(start) for text in texts) for start in ('"', "|\n", "|-\n")]
    assert min(ways) > 50
    assert sum(ways) < len(texts) - 500  # the others are plain


def test_random_floats_and_integers_are_read_back_exactly(read: Reader) -> None:
    rng = seeded(SEED)
    floats = [struct.unpack("d", rng.randbytes(8))[0] for _ in range(2_000)]
    numbers = [number for number in floats if number - number == 0]  # neither infinite nor NaN
    integers = [rng.randint(-(2**63), 2**63 - 1) for _ in range(2_000)]
    (got,) = read([{"floats": numbers, "integers": integers}])
    assert len(numbers) > 1_900
    assert [float(number) for number in got["floats"]] == numbers  # Go prints 2e18 as an integer
    assert got["integers"] == integers
