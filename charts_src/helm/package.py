"""A chart in memory -> the archive that `helm push` takes, the same bytes every time and on every machine.

What Helm asks of an archive is in the loaders of helm.sh/helm/v3 v3.22.0 (pkg/chart/loader/archive.go) and
helm.sh/helm/v4 v4.3.2 (pkg/chart/loader/archive/archive.go): a gzipped tar, each file below one folder, paths
relative. `helm package` itself writes the time of the run into every entry, so it never gives the same twice.
"""

import io
import struct
import tarfile
import zlib

import yaml

from charts_src.publish import Files

MAX_FILE = 5 * 1024 * 1024
"""Bytes that Helm 3 reads of one file (MaxDecompressedFileSize); Helm 4 has no such limit."""
MAX_CHART = 100 * 1024 * 1024
"""Bytes that both read of all files (MaxDecompressedChartSize)."""

_FIRST = "Chart.yaml"
_GZIP_HEADER = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])  # RFC 1952: deflate, no name, no time, no system
_BLOCK = 0xFFFF  # RFC 1951, 3.2.4: what one stored block holds


def package(name: str, version: str, files: Files) -> bytes:
    """Give the archive `<name>-<version>.tgz` of a chart.

    Chart.yaml comes first, as `helm package` has it, then the other files by path. Raises ValueError when
    Chart.yaml is missing or says another name or version, for a path that leads out of the chart, and for
    more than Helm reads.
    """
    _check(name, version, files)
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files, key=lambda path: (path != _FIRST, path)):
            data = files[path].encode()
            archive.addfile(_entry(f"{name}/{path}", len(data)), io.BytesIO(data))
    return _stored(tar.getvalue())


def file_name(name: str, version: str) -> str:
    """Name the archive as Helm does."""
    return f"{name}-{version}.tgz"


def _check(name: str, version: str, files: Files) -> None:
    if (said := _said(files)) != (name, version):
        raise ValueError(f"{name} {version}: Chart.yaml says {' '.join(map(str, said))}")
    sizes = {path: len(text.encode()) for path, text in files.items()}
    for path, size in sizes.items():
        if {"", ".", ".."} & set(path.split("/")) or "\\" in path:
            raise ValueError(f"{name}: {path!r} is not a normalised relative path")
        if size > MAX_FILE:
            raise ValueError(f"{name}: {path} has {size} bytes; Helm 3 reads at most {MAX_FILE}")
    if (total := sum(sizes.values())) >= MAX_CHART:
        raise ValueError(f"{name}: has {total} bytes; Helm reads less than {MAX_CHART}")


def _said(files: Files) -> tuple[object, object]:
    if _FIRST not in files:
        raise ValueError(f"a chart without {_FIRST}")
    chart = yaml.safe_load(files[_FIRST])
    return chart.get("name"), chart.get("version")


def _entry(path: str, size: int) -> tarfile.TarInfo:
    """Describe a file; what is not set here is fixed in tarfile: time 0, user 0, group 0, no names."""
    entry = tarfile.TarInfo(path)
    entry.size = size
    entry.mode = 0o644
    return entry


def _stored(data: bytes) -> bytes:
    """Wrap bytes as gzip without compressing them.

    Releases of zlib, and zlib-ng in its place, compress the same bytes to different ones at the same level:
    only blocks that are stored come out alike everywhere. All charts together are some 20 MB like this.
    """
    blocks = [data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK)]
    parts = [_GZIP_HEADER]
    for number, block in enumerate(blocks, 1):
        last = number == len(blocks)
        parts += (struct.pack("<BHH", last, len(block), len(block) ^ _BLOCK), block)
    parts.append(struct.pack("<II", zlib.crc32(data), len(data)))
    return b"".join(parts)
