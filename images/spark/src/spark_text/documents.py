"""Reading documents: the rows of text, JSON lines and Parquet files below a prefix."""

from collections.abc import Iterator
from functools import reduce
from typing import Any

from genai.errors import InputError

TEXT = "text"
"""Name of the column or field that has the document."""

_FORMATS = {
    "text": (".txt", ".txt.gz"),
    "json": (".jsonl", ".jsonl.gz", ".json", ".json.gz"),
    "parquet": (".parquet",),
}
"""Format of Spark -> ends of names."""


def read(spark: Any, source: str) -> Any:
    """Give a DataFrame with the column `text`: a row for each document below `source`.

    A document is a line of a text file, the field `text` of a line of JSON, or of a row of Parquet. Names
    that start with _ or a dot are passed over, as Spark does. Raises InputError where nothing is there.
    """
    names = list(_files(spark, source))
    found = {
        format_: [name for name in names if name.lower().endswith(ends)] for format_, ends in _FORMATS.items()
    }
    frames = [_READERS[format_](spark, paths) for format_, paths in found.items() if paths]
    if not frames:
        ends = ", ".join(end for ends in _FORMATS.values() for end in ends)
        raise InputError(
            f"{source}: has no documents; upload files that end in {ends}, or name another --source"
        )
    return reduce(lambda one, other: one.unionByName(other), frames)


def file_system(spark: Any, path: str) -> tuple[Any, Any]:
    """Give Hadoop's file system of a path, and the path as Hadoop has it."""
    hadoop = spark._jvm.org.apache.hadoop.fs  # noqa: SLF001  # PySpark has no public way to it
    place = hadoop.Path(path)
    return place.getFileSystem(spark._jsc.hadoopConfiguration()), place  # noqa: SLF001


def _files(spark: Any, source: str) -> Iterator[str]:
    system, place = file_system(spark, source)
    if not system.exists(place):
        return
    root = place.toUri().getPath()
    found = system.listFiles(place, True)
    while found.hasNext():
        path = found.next().getPath()
        parts = path.toUri().getPath().removeprefix(root).split("/")
        if not any(part.startswith(("_", ".")) for part in parts):
            yield str(path.toString())


def _text(spark: Any, paths: list[str]) -> Any:
    return spark.read.text(paths).withColumnRenamed("value", TEXT)


def _json(spark: Any, paths: list[str]) -> Any:
    """Read one field; a line that is no JSON becomes an empty document, which cleaning drops and counts."""
    return spark.read.schema(f"{TEXT} STRING").json(paths)


def _parquet(spark: Any, paths: list[str]) -> Any:
    frame = spark.read.parquet(*paths)
    if TEXT not in frame.columns:
        raise InputError(
            f"{paths[0]}: has no column {TEXT}, but {', '.join(frame.columns)}; rename that of the documents"
        )
    return frame.select(frame[TEXT].cast("string").alias(TEXT))


_READERS = {"text": _text, "json": _json, "parquet": _parquet}
