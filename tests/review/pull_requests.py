"""A copy of the repository under Git in which a test makes pull requests and has them reviewed."""

import subprocess
import sys
from pathlib import Path

from tests.cli.copies import SOURCE, Copy

_COPIED = ("charts_src", "environments", "rendered", "argocd", "schemas", "requirements.lock")
_GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com")
_BASE = "main"
_LONGEST = 300
"""Seconds for a review on a busy machine."""

_READ = "import sys; from tests.review.said import said; print(said(sys.argv[2:], sys.argv[1]), end='')"


class Repository:
    """The copy. Each pull request starts from what this repository has."""

    def __init__(self, root: Path) -> None:
        """Copy what is checked out, without its own history, and commit it."""
        root.mkdir()
        for name in _COPIED:
            subprocess.run(["cp", "-a", "--reflink=auto", SOURCE / name, root / name], check=True)
        (root / "tests").symlink_to(SOURCE / "tests")
        (root / ".tools").symlink_to(SOURCE / ".tools")
        (root / ".gitignore").write_text(".cache/\n.tools\n__pycache__/\ntests\n")
        self.root, self._copy = root, Copy(root)
        self._git("init", "--quiet", f"--initial-branch={_BASE}")
        self._git("add", ".")
        self._git("commit", "--quiet", "--message=base")

    def reset(self) -> None:
        """Undo a pull request."""
        self._git("reset", "--quiet", "--hard", _BASE)
        self._git("clean", "--quiet", "--force", "-d")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that a file has exactly once."""
        self._copy.edit(path, old, new)

    def line(self, path: str, text: str) -> int:
        """Give the number of the first line in which a text begins."""
        before, found, _ = (self.root / path).read_text().partition(text)
        assert found, f"{path} has no {text!r}"
        return before.count("\n") + 1

    def render(self, *names: str) -> None:
        """Render environments, as whoever opens a pull request does."""
        self._copy.render(*names)

    def refusal(self, *names: str) -> str:
        """Render environments, which fails, and give the message."""
        done = self._copy.run("render", *names)
        assert (done.returncode, done.stdout) == (2, "")
        return done.stderr

    def touched(self) -> list[str]:
        """Name the environments whose generated files differ from the base, as folders."""
        lines = self._git("status", "--porcelain", "--untracked-files=all").splitlines()
        parts = [line[3:].split("/") for line in lines]
        return sorted({"/".join(path[:2]) for path in parts if path[0] in ("rendered", "argocd")})

    def review(self, *names: str) -> str:
        """Give what the review says of environments."""
        done = subprocess.run(
            [sys.executable, "-c", _READ, _BASE, *names],
            cwd=self.root,
            env=self._copy.variables(),
            capture_output=True,
            text=True,
            timeout=_LONGEST,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def _git(self, *arguments: str) -> str:
        done = subprocess.run([*_GIT, *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout
