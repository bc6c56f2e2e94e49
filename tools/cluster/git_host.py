"""A Git host on loopback under the name of the real one, and the repository on it.

Clients reach it as their HTTPS proxy: it takes CONNECT to its one name, and answers there itself, with a
certificate of its own, what `git http-backend` says. So an https URL in a manifest stays as it is.
"""

import http.client
import io
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tools.cluster.credentials import self_signed

_AUTHOR = {"GIT_AUTHOR_NAME": "proof", "GIT_AUTHOR_EMAIL": "proof@localhost"}
_COMMITTER = {"GIT_COMMITTER_NAME": "proof", "GIT_COMMITTER_EMAIL": "proof@localhost"}


class Repository:
    """A Git repository with a copy of some folders of a tree: one that is served, and a working copy."""

    def __init__(self, folder: Path, url: str, branch: str, root: Path, copied: Iterable[str]) -> None:
        """Copy folders of `root` into a first commit. Raises subprocess.CalledProcessError when git fails."""
        self.work = folder / "work"
        self.root = folder / "served"
        bare = self.root / urlsplit(url).path.lstrip("/")
        _git(folder, "init", "--quiet", "--bare", f"--initial-branch={branch}", str(bare))
        _git(folder, "init", "--quiet", f"--initial-branch={branch}", str(self.work))
        _git(self.work, "remote", "add", "origin", str(bare))
        self._branch = branch
        for name in copied:
            shutil.copytree(root / name, self.work / name)
        self.commit()

    def commit(self) -> str:
        """Commit and push everything as it is in the working copy, and give the hash of the commit."""
        _git(self.work, "add", "--all")
        _git(self.work, "commit", "--quiet", "--message=proof")
        _git(self.work, "push", "--quiet", "origin", self._branch)
        return _git(self.work, "rev-parse", "HEAD")


class GitHost(NamedTuple):
    """A running host."""

    proxy: str
    """URL, for HTTPS_PROXY."""
    name: str
    certificate: Path


@contextmanager
def git_host(folder: Path, name: str, repositories: Path) -> Iterator[GitHost]:
    """Serve the bare repositories below a folder as https://<name>/<path> until the block ends.

    Raises subprocess.CalledProcessError when openssl fails.
    """
    key, certificate = folder / "host.key", folder / "host.crt"
    self_signed(key, certificate, name, f"DNS:{name}")
    with _Server(name, repositories, key, certificate) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield GitHost(f"http://127.0.0.1:{server.server_port}", name, certificate)
        server.shutdown()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, name: str, repositories: Path, key: Path, certificate: Path) -> None:
        self.target = f"{name}:443"
        self.repositories = repositories
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        super().__init__(("127.0.0.1", 0), _Door)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named so in the library
        pass


class _Door(_Handler):
    """What a client takes for a proxy."""

    def do_CONNECT(self) -> None:
        self.close_connection = True
        if self.path != self.server.target:
            self.send_error(http.client.FORBIDDEN)
            return
        self.send_response(http.client.OK)
        self.end_headers()
        with self.server.tls.wrap_socket(self.connection, server_side=True) as inside:
            _Backend(inside, self.client_address, self.server)


class _Backend(_Handler):
    """What a client takes for the host: `git http-backend`, which is a CGI program."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        environ = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.repositories),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        command = ["git", "http-backend"]
        answer = subprocess.run(command, env=environ, input=body, capture_output=True, check=True).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        headers = http.client.parse_headers(io.BytesIO(head + b"\r\n\r\n"))
        self.send_response(int(headers.get("Status", "200")[:3]))
        for key in ("Content-Type", "Cache-Control"):
            if key in headers:
                self.send_header(key, headers[key])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815  # named so in the library


def _git(folder: Path, *arguments: str) -> str:
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environ | _AUTHOR | _COMMITTER, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
