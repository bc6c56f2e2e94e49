"""A copy of the repository in which a test runs commands and edits what it likes."""

import os
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

SOURCE = Path(__file__).parents[2]
TREES = ("rendered", "argocd")
COPIED = ("charts_src", "environments", "schemas", "requirements.lock")


class Copy:
    """A copy of the repository; the package works on the repository that it lies in."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own; `variables` are added to its environment."""
        return subprocess.Popen(
            [sys.executable, "-m", "charts_src", *arguments],
            cwd=self.root,
            env=self.variables(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return finish(self.start(*arguments, **variables))

    def python(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python code that can import the package, in a process group of its own."""
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=self.root,
            env=self.variables(),
            capture_output=True,
            text=True,
            timeout=60,
            start_new_session=True,
        )

    def shell(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a bash script in which $charts stands for the command."""
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.root,
            env=self.variables(charts=f"{sys.executable} -m charts_src", **variables),
            capture_output=True,
            text=True,
            timeout=60,
        )

    def variables(self, **more: str) -> dict[str, str]:
        folders = {"HOME": self.root, "PYTHONPATH": self.root, "TMPDIR": self.root.parent}
        return {"PATH": os.environ["PATH"], **{name: str(path) for name, path in folders.items()}, **more}

    def render(self, *arguments: str) -> str:
        """Render without trouble and give what was printed."""
        done = self.run("render", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that a file has exactly once."""
        file = self.root / path
        text = file.read_text()
        assert text.count(old) == 1, f"{path} has {old!r} {text.count(old)} times"
        file.write_text(text.replace(old, new))

    def append(self, path: str, text: str) -> None:
        with (self.root / path).open("a") as file:
            file.write(text)

    def files(self, *folders: str) -> dict[str, bytes]:
        """Read every file below folders, below both generated ones if none is named."""
        roots = [self.root / folder for folder in folders or TREES]
        paths = sorted(path for root in roots for path in root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}

    def digest(self) -> str:
        """Hash the names and contents of everything generated."""
        return sha256(repr(self.files()).encode()).hexdigest()

    def status(self) -> dict[str, tuple[int, int]]:
        """Give inode and time of the last change of everything generated, folders too."""
        paths = [path for tree in TREES for path in (self.root / tree).rglob("*")]
        return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}


def finish(process: "subprocess.Popen[str]") -> subprocess.CompletedProcess[str]:
    """Wait for a command, at most a minute."""
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Name the files that differ."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
