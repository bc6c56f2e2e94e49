"""Prints a fingerprint of what the tests of images cover: the folder images/, and every rendered command."""

import hashlib
import subprocess

import rendered


def fingerprint() -> str:
    """Give a hash of the tracked files below images/ and of all entries of all environments."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "images"],
        cwd=rendered.REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    found = hashlib.sha256()
    for name in sorted(filter(None, listed.stdout.split("\0"))):
        path = rendered.REPOSITORY / name
        found.update(f"{name}\0".encode() + (path.read_bytes() if path.is_file() else b""))
    for environment in rendered.environments():
        for entry in rendered.entries(environment):
            found.update(repr(entry).encode())
    return found.hexdigest()


if __name__ == "__main__":
    print(fingerprint())
