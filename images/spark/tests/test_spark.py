"""The text pipeline and the history server, started as the rendered manifests say, against S3 in here.

Only S3's address differs: even the credentials come as the EKS Pod Identity agent gives them.
"""

import gzip
import io
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet
import pytest
import yaml
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

import rendered

DATA, MODELS = "genai-prod-data", "genai-prod-models"
SOURCE, TARGET, TOKENIZER = "text/raw/", "text/tokens/", "tokenizers/llama-2-7b/"
LENGTH = 64
EVENTS = "genai-prod-artifacts"
PORT = 18080
PATIENCE_SECONDS = 240
WORDS = ("water", "river", "stone", "light", "wind", "morning", "house", "garden", "letter", "music", "road")

Submit = Callable[..., "subprocess.CompletedProcess[str]"]


def document(number: int) -> str:
    """Give a text of 40 words; each number has another one, and none repeats a single word."""
    words = [WORDS[(number * 7 + index * (1 + number % 10)) % len(WORDS)] for index in range(40)]
    return f"Document {number}: {' '.join(words)}."


def tokenizer_files() -> dict[str, bytes]:
    """Make a byte-level tokenizer with Llama 2's special tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(["<unk>", "<s>", "</s>", *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    settings = {"eos_token": "</s>", "tokenizer_class": "PreTrainedTokenizerFast"}
    return {
        "tokenizer.json": tokenizer.to_str().encode(),
        "tokenizer_config.json": json.dumps(settings).encode(),
    }


@pytest.fixture(scope="session")
def submit(
    pipeline: rendered.Entry,
    places: dict[str, str],
    variables: dict[str, str],
    storage: Any,
    log_folder: str,  # noqa: ARG001
) -> Submit:
    """Give the function that submits the application as the manifest has it, on this machine."""

    def run(flags: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        program, *arguments = pipeline.command(places, flags)
        hadoop = pipeline.detail["hadoopConf"] | {
            "fs.s3a.endpoint": storage.endpoint,
            "fs.s3a.path.style.access": "true",
        }
        settings = dict(pipeline.detail["sparkConf"])
        settings |= {f"spark.hadoop.{key}": value for key, value in hadoop.items()}
        settings |= {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "4"}
        words = [f"{places['/opt/spark']}/bin/{program}", "--master", "local[2]", "--driver-memory", "1g"]
        scratch = "/var/data/spark-local"
        for key, value in settings.items():
            words += ["--conf", f"{key}={value.replace(scratch, places[scratch])}"]
        done = subprocess.run(
            [*words, *arguments],
            env=pipeline.environ(places, variables),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode == 0:
            pipeline.ran()
        return done

    return run


@pytest.fixture(scope="session")
def inputs(storage: Any) -> None:
    """Upload the tokenizer, and documents in each format: 30 good ones, and bad ones of each kind."""
    for name, data in tokenizer_files().items():
        storage.put(MODELS, TOKENIZER + name, data)
    good = [document(number) for number in range(30)]
    table = arrow.table({"text": good[20:], "language": ["en"] * 10})
    parquet = io.BytesIO()
    arrow.parquet.write_table(table, parquet)
    records = [{"text": text, "url": "https://example.com"} for text in good[10:20]]
    lines = [json.dumps(record) for record in records] + ["no JSON", '{"url": "no text"}']
    storage.put(DATA, f"{SOURCE}plain/a.txt", "\n".join([*good[:5], "too short"]).encode())
    again = [good[0].upper().replace(" ", "\t"), "la " * 300, "=-+*" * 100]
    storage.put(DATA, f"{SOURCE}plain/b.txt.gz", gzip.compress("\n".join([*good[5:10], *again]).encode()))
    storage.put(DATA, f"{SOURCE}records/c.jsonl", "\n".join(lines).encode())
    storage.put(DATA, f"{SOURCE}d.parquet", parquet.getvalue())
    storage.put(DATA, f"{SOURCE}_SUCCESS", b"")


def manifest(storage: Any) -> dict[str, Any]:
    text = storage.client.get_object(Bucket=DATA, Key=f"{TARGET}manifest.json")["Body"].read()
    return dict(json.loads(text))


def rows(storage: Any) -> list[list[int]]:
    """Read the rows of all Parquet files below the target."""
    found: list[list[int]] = []
    for key in storage.keys(DATA, TARGET):
        if key.endswith(".parquet"):
            data = storage.client.get_object(Bucket=DATA, Key=key)["Body"].read()
            found += arrow.parquet.read_table(io.BytesIO(data)).column("input_ids").to_pylist()
    return found


@pytest.fixture(scope="session")
def one_run(inputs: None, submit: Submit, storage: Any) -> str:  # noqa: ARG001  # they are there first
    """Run the job, where an earlier one was broken off. Gives the application's name."""
    storage.put(DATA, f"{TARGET}run-broken-off/part-0.parquet", b"torn")
    done = submit({"--sequence-length": str(LENGTH)})
    assert done.returncode == 0, done.stderr[-6000:]
    return str(manifest(storage)["run"]).removeprefix("run-")


@pytest.mark.usefixtures("one_run")
def test_text_becomes_rows_of_tokens_and_a_manifest_with_counts(storage: Any) -> None:
    found, facts = rows(storage), manifest(storage)
    assert facts["documents"] == {
        "read": 36,
        "kept": 30,
        "short": 3,
        "symbols": 1,
        "repetitive": 1,
        "duplicate": 1,
    }
    assert {len(row) for row in found} == {LENGTH}
    assert (facts["rows"], facts["tokens"]) == (len(found), len(found) * LENGTH)
    assert facts["tokenizer"] == "s3://genai-prod-models/tokenizers/llama-2-7b/"
    tokenizer = Tokenizer.from_str(tokenizer_files()["tokenizer.json"].decode())
    texts = "".join(tokenizer.decode(row, skip_special_tokens=False) for row in found)
    whole = [number for number in range(30) if f"<s>{document(number)}</s>" in texts]
    assert len(whole) >= 25, "all but those that a row's or a partition's end cuts are there, word for word"
    # What was broken off is gone; the magic committer, which the manifest asks for, made the rest visible.
    folders = {key.split("/")[2] for key in storage.keys(DATA, TARGET)}
    assert folders == {facts["run"], "manifest.json"}
    success = storage.client.get_object(Bucket=DATA, Key=f"{TARGET}{facts['run']}/_SUCCESS")["Body"].read()
    assert json.loads(success)["committer"] == "magic"


@pytest.mark.usefixtures("one_run")
def test_a_second_run_replaces_the_first_and_gives_the_same_rows(submit: Submit, storage: Any) -> None:
    first_rows, first = sorted(rows(storage)), manifest(storage)

    done = submit({"--sequence-length": str(LENGTH)})

    assert done.returncode == 0, done.stderr[-6000:]
    second = manifest(storage)
    assert second["run"] != first["run"]
    assert second | {"run": ""} == first | {"run": ""}
    assert sorted(rows(storage)) == first_rows
    assert {key.split("/")[2] for key in storage.keys(DATA, TARGET)} == {second["run"], "manifest.json"}


@pytest.mark.usefixtures("inputs")
def test_an_empty_source_is_one_clear_line_and_leaves_the_old_result(submit: Submit, storage: Any) -> None:
    before = storage.keys(DATA, TARGET)

    done = submit({"--source": f"s3a://{DATA}/text/none/", "--sequence-length": str(LENGTH)})

    assert done.returncode == 2
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: s3a://{DATA}/text/none/: has no documents; upload files")
    assert "Traceback" not in done.stdout + done.stderr
    assert storage.keys(DATA, TARGET) == before


@pytest.fixture
def server(
    places: dict[str, str],
    variables: dict[str, str],
    storage: Any,
    log_folder: str,  # noqa: ARG001  # it is there first
    tmp_path: Path,
) -> Iterator[str]:
    """Start the server with the rendered configuration, and what tells S3A where S3 is. Gives its address."""
    entry = rendered.entry("prod", "spark-history/spark-history")
    manifest = rendered.REPOSITORY / "rendered" / "prod" / "spark-history" / "configmap-spark-history.yaml"
    text = yaml.safe_load(manifest.read_text())["data"]["history.conf"]
    port = _free_port()
    text = text.replace(f"port {PORT}", f"port {port}").replace("/var/spark-history", str(tmp_path / "cache"))
    text += f"spark.hadoop.fs.s3a.endpoint {storage.endpoint}\nspark.hadoop.fs.s3a.path.style.access true\n"
    (tmp_path / "history.conf").write_text(text)
    (tmp_path / "cache").mkdir()
    own = places | {"/etc/spark-history": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            entry.command(own),
            env=entry.environ(own, variables | {"SPARK_DAEMON_MEMORY": "512m"}),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield f"http://127.0.0.1:{port}"
        entry.ran()
    finally:
        process.terminate()
        process.wait(30)


def test_the_history_server_lists_the_job_that_ran(
    server: str, storage: Any, log_folder: str, one_run: str
) -> None:
    assert any(one_run in key for key in storage.keys(EVENTS, log_folder))

    assert _answer(f"{server}/api/v1/version") == {"spark": "4.0.4"}
    end = time.monotonic() + PATIENCE_SECONDS
    while one_run not in (names := [item["id"] for item in _answer(f"{server}/api/v1/applications")]):
        assert time.monotonic() < end, f"{one_run} is not among {names}"
        time.sleep(0.5)
    (attempt,) = _answer(f"{server}/api/v1/applications/{one_run}")["attempts"]
    assert attempt["completed"]
    jobs = _answer(f"{server}/api/v1/applications/{one_run}/jobs")
    assert {job["status"] for job in jobs} == {"SUCCEEDED"}


def _answer(url: str) -> Any:
    """Ask the server for JSON; it may still be starting."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except OSError:
            assert time.monotonic() < end, f"{url} does not answer"
            time.sleep(0.5)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_the_image_s_entry_point_starts_the_same_program(pipeline: rendered.Entry) -> None:
    assert pipeline.words[1] == "local:///opt/spark/app/text_pipeline.py"
    dockerfile = (Path(__file__).parents[1] / "Dockerfile").read_text()
    assert "COPY spark/src /opt/spark/app" in dockerfile
