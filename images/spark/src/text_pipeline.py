"""Cleans text, tokenises it and writes rows of tokens as Parquet: the program of the Spark job text-pipeline.

    text_pipeline.py --source=s3a://bucket/text/raw/ --target=s3a://bucket/text/tokens/
        --tokenizer=s3://bucket/tokenizers/llama-2-7b/ --sequence-length=4096

The result is <target>/run-<application>/*.parquet with the column input_ids, a list of
`sequence-length` 32-bit integers, and <target>/manifest.json with the name of that folder and counts.
"""

import argparse
import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pyspark.sql import Observation, SparkSession
from pyspark.sql import functions as sql

from genai.errors import InputError, run
from spark_text import cleaning, documents, target, tokens

_MARKED = "key STRING, text STRING, problem STRING"
log = logging.getLogger("text_pipeline")


def main() -> None:
    """Run the pipeline. Raises InputError where the input can't be used or nothing is left of it."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    options = _options()
    spark = SparkSession.builder.appName("text-pipeline").getOrCreate()
    try:
        _run(spark, options)
    finally:
        spark.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--source", required=True, help="where documents are: .txt, .jsonl, .parquet, .gz")
    parser.add_argument("--target", required=True, help="where rows of tokens go")
    parser.add_argument("--tokenizer", required=True, help="a fast Hugging Face tokenizer: s3:// or a path")
    parser.add_argument("--sequence-length", type=int, required=True, help="tokens of a row")
    parser.add_argument("--minimum-characters", type=int, default=200, help="shorter documents are dropped")
    options = parser.parse_args()
    if options.sequence_length < 1:
        raise InputError(f"--sequence-length={options.sequence_length}: give a positive number")
    return options


def _run(spark: Any, options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = tokens.load(options.tokenizer, Path(folder))
    seen, kept = Observation("seen"), Observation("kept")
    marked = documents.read(spark, options.source).mapInArrow(_marker(options.minimum_characters), _MARKED)
    unique = _unique(marked.observe(seen, *_counts())).observe(kept, sql.count("*").alias("documents"))
    pack = tokens.packer(spark.sparkContext.broadcast(tokenizer), options.sequence_length)
    folder = target.run_folder(options.target, spark.sparkContext.applicationId)
    unique.mapInArrow(pack, tokens.SCHEMA).write.mode("overwrite").parquet(folder)
    rows = spark.read.schema(tokens.SCHEMA).parquet(folder).count()
    counts = {**seen.get, "kept": kept.get["documents"]}
    counts["duplicate"] = counts["read"] - sum(counts[name] for name in ("kept", *cleaning.REASONS))
    log.info("documents: %s; rows of %d tokens: %d", counts, options.sequence_length, rows)
    if not rows:
        target.discard(spark, folder)
        raise InputError(
            f"{options.source}: nothing is left for a row of {options.sequence_length} tokens, of documents"
            f" {counts}; give more text, or a smaller --sequence-length or --minimum-characters"
        )
    facts = {
        "documents": counts,
        "rows": rows,
        "sequence_length": options.sequence_length,
        "source": options.source,
        "tokenizer": options.tokenizer,
        "tokens": rows * options.sequence_length,
    }
    target.publish(spark, options.target, folder, facts)


def _marker(minimum_characters: int) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Give the function for mapInArrow: documents -> their key, clean text, and why they are dropped."""

    def mark(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow

        for batch in batches:
            texts = [cleaning.clean(text or "") for text in batch.column(documents.TEXT).to_pylist()]
            problems = [cleaning.problem(text, minimum_characters) for text in texts]
            columns = [[cleaning.key(text) for text in texts], texts, problems]
            arrays = [pyarrow.array(column, pyarrow.string()) for column in columns]
            yield pyarrow.RecordBatch.from_arrays(arrays, ["key", "text", "problem"])

    return mark


def _counts() -> list[Any]:
    """Count documents as they pass; one whose executor was lost may be counted again."""
    by_reason = [
        sql.count(sql.when(sql.col("problem") == reason, 1)).alias(reason) for reason in cleaning.REASONS
    ]
    return [sql.count("*").alias("read"), *by_reason]


def _unique(marked: Any) -> Any:
    """Give one text of those with the same key, in the order of the keys, which mixes the documents."""
    kept = marked.where(sql.col("problem").isNull())
    one = kept.groupBy("key").agg(sql.min("text").alias("text"))
    return one.sortWithinPartitions("key").select("text")


if __name__ == "__main__":
    run(main)
