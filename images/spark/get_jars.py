"""Fetches the jars of a list into a folder, with Spark's own Ivy, and checks them.

get_jars.py <list> <folder> <home of Spark>. A line of the list is a SHA-256 and group:artifact:version. Ivy
asks Maven Central, or what its settings say. A folder that has all of them is left as it is.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import quoteattr

_DEPENDENCY = '<dependency org={} name={} rev={} conf="default->master" transitive="false"/>'


def main(listing: Path, folder: Path, spark: Path) -> None:
    """Make the folder what the list says. Exits with one line where Ivy gets none, or another."""
    wanted: dict[str, str] = {}
    dependencies = []
    for line in listing.read_text(encoding="utf-8").splitlines():
        hashed, coordinates = line.split()
        group, artifact, version = coordinates.split(":")
        wanted[f"{artifact}-{version}.jar"] = hashed
        dependencies.append(_DEPENDENCY.format(*map(quoteattr, (group, artifact, version))))
    if not wrong(folder, wanted):
        return
    folder.mkdir(parents=True, exist_ok=True)
    _retrieve("".join(dependencies), folder, spark)
    for path in folder.glob("[!.]*"):
        if path.name not in wanted:  # a module may bring more than was asked for
            path.unlink()
    if names := wrong(folder, wanted):
        sys.exit(f"error: {', '.join(names)}: not what {listing} lists; look at both")


def wrong(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Name the jars, file name -> SHA-256, that are not in the folder, or are other ones."""
    return [name for name, hashed in wanted.items() if _hash(folder / name) != hashed]


def _retrieve(dependencies: str, folder: Path, spark: Path) -> None:
    (ivy,) = (spark / "jars").glob("ivy-*.jar")
    with tempfile.TemporaryDirectory() as work:
        module = Path(work, "ivy.xml")
        module.write_text(
            '<ivy-module version="2.0"><info organisation="genai" module="spark"/>'
            f"<dependencies>{dependencies}</dependencies></ivy-module>",
            encoding="utf-8",
        )
        pattern = f"{folder.absolute()}/[artifact]-[revision].[ext]"
        words = ["-ivy", str(module), "-cache", f"{work}/cache", "-retrieve", pattern, "-error"]
        done = subprocess.run(["java", "-jar", str(ivy), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: Ivy got no jars: {(done.stderr or done.stdout).strip().splitlines()[-1]}")


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
