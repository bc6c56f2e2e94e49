"""Cleaning, and packing of documents into rows, without Spark."""

import random
from types import SimpleNamespace

import pyarrow as arrow
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from genai.errors import InputError
from spark_text import cleaning, tokens

SENTENCES = {
    "English": "The quick brown fox jumps over the lazy dog, and runs away before it wakes up again.",
    "Chinese": "敏捷的棕色狐狸跳过了懒狗在它醒来之前跑掉了。今天天气很好我们一起去公园散步吧。",
    "Hindi": "तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर से कूदती है और उसके जागने से पहले भाग जाती है।",
    "Arabic": "قفز الثعلب البني السريع فوق الكلب الكسول وهرب قبل أن يستيقظ من نومه مرة أخرى.",
}


def test_control_characters_and_superfluous_white_space_go() -> None:
    assert cleaning.clean("a\x00b\u200bc \t d\r\n\r\n\r\n\r\ne\ufeff ") == "abc d\n\ne"


def test_characters_are_composed_and_joiners_stay() -> None:
    assert cleaning.clean("Cafe\u0301") == "Caf\u00e9"
    assert cleaning.clean("क्\u200dष") == "क्\u200dष"


@pytest.mark.parametrize("language", SENTENCES)
def test_prose_of_any_script_is_kept(language: str) -> None:
    assert cleaning.problem(SENTENCES[language], 30) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Too short.", "short"),
        ("| --- | === | *** | +++ | " * 20, "symbols"),
        ("Subscribe to our newsletter! " * 200, "repetitive"),
        ("", "short"),
    ],
)
def test_what_is_not_worth_training_on_is_dropped_with_its_reason(text: str, reason: str) -> None:
    assert cleaning.problem(text, 30) == reason


def test_a_text_with_broken_characters_is_no_obstacle() -> None:
    assert cleaning.problem("\ud800" * 100, 30) == "symbols"
    assert cleaning.key("\ud800")


def test_documents_that_differ_in_case_and_punctuation_have_one_key() -> None:
    assert cleaning.key("Hello,  World!") == cleaning.key("hello world")
    assert cleaning.key("Hello world") != cleaning.key("Hello word")
    assert cleaning.key("!!!") != cleaning.key("???")


def tokenizer() -> tokens.TokenizerText:
    """Make a tokenizer that knows the words w0 to w9."""
    vocabulary = {"<unk>": 0, "</s>": 1} | {f"w{number}": number + 2 for number in range(10)}
    model = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))  # noqa: S106
    model.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokens.TokenizerText(model.to_str(), "</s>")


def test_rows_have_one_length_and_lose_no_token_but_the_last_few() -> None:
    source = random.Random(1)
    documents = [[source.randrange(10) for _ in range(source.randrange(1, 9))] for _ in range(50)]
    texts = [" ".join(f"w{number}" for number in document) for document in documents]
    batches = [arrow.RecordBatch.from_pydict({"text": texts[start : start + 7]}) for start in range(0, 50, 7)]
    pack = tokens.packer(SimpleNamespace(value=tokenizer()), 16)
    rows = [row for batch in pack(iter(batches)) for row in batch.column("input_ids").to_pylist()]
    stream = [token for document in documents for token in [*(number + 2 for number in document), 1]]
    assert {len(row) for row in rows} == {16}
    assert [token for row in rows for token in row] == stream[: len(stream) // 16 * 16]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has no tokenizer.json; save it with AutoTokenizer.save_pretrained"),
        ({"tokenizer.json": None}, "names no eos_token"),
        (
            {"tokenizer.json": None, "tokenizer_config.json": '{"eos_token": "<end>"}'},
            "is not in the vocabulary",
        ),
        ({"tokenizer.json": "{}", "tokenizer_config.json": '{"eos_token": "</s>"}'}, "is no tokenizer"),
    ],
)
def test_a_tokenizer_that_cannot_be_used_is_refused(
    files: dict[str, str | None], message: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tokenizer")
    for name, text in files.items():
        (folder / name).write_text(tokenizer().text if text is None else text)
    with pytest.raises(InputError, match=message):
        tokens.load(str(folder), folder)
