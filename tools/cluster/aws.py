"""A stand-in for AWS on loopback: moto, and before it what Karpenter needs and moto lacks.

It keeps all in memory and takes any credentials:

    MOTO_AMIS_PATH=images.json python -m tools.cluster.aws PORT SETUP.json

`images.json` is what aws_answers.images gives, SETUP.json what aws_setup.Setup.write writes. Each request is
one line of standard output: time, service, action, status.
"""

import io
import json
import logging
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import EC2Backend, ec2_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from tools.cluster import aws_answers, aws_fleet
from tools.cluster.aws_setup import Setup

Query = dict[str, str]
Answer = tuple[str, str, bytes]
"""Status, kind of content, content."""
Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]
_XML, _JSON = "text/xml", "application/x-amz-json-1.1"
_SSM_ACTION = "AmazonSSM.GetParameter"


class Shim:
    """WSGI middleware before moto."""

    def __init__(self, moto: Application, setup: Setup) -> None:
        """Take moto's application, and what to answer from."""
        self._moto = moto
        self._setup = setup
        self._types: dict[bytes, Answer] = {}

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        query = dict(parse_qsl(body.decode(errors="replace"))) if b"Action=" in body else {}
        action = environ.get("HTTP_X_AMZ_TARGET") or query.get("Action") or environ["PATH_INFO"]
        try:
            status, kind, answer = self._answer(action, query, body, environ)
        except Exception as error:
            traceback.print_exc(file=sys.stdout)
            status, kind = "501 Not Implemented", _XML
            answer = f"<Response><Errors><Error><Code>{error!r}</Code></Error></Errors></Response>".encode()
        print(time.strftime("%H:%M:%S"), action, status, flush=True)
        if not status.startswith(("2", "404", "412")):
            print("  ", body[:2000], answer[:500], flush=True)
        start(status, [("Content-Type", kind), ("Content-Length", str(len(answer)))])
        return [answer]

    def _answer(self, action: str, query: Query, body: bytes, environ: WSGIEnvironment) -> Answer:
        setup = self._setup
        if action == _SSM_ACTION:
            status, answer = aws_answers.parameter(_name_in(body), setup.version)
            return f"{status} {'OK' if status == 200 else 'Bad Request'}", _JSON, answer
        if action == "DescribeSpotPriceHistory":
            return "200 OK", _XML, aws_answers.spot_prices(setup.region)
        if action == "DescribeCapacityReservations":
            used = aws_fleet.running(self._backend())
            return "200 OK", _XML, aws_answers.reservations(query, setup.reservations, used)
        if action == "CreateFleet" and query.get("DryRun") != "true":
            return self._fleet(query, environ)
        if action == "DescribeInstanceTypes":
            return self._instance_types(query, body, environ)
        if action == "DescribeInstances":
            # Karpenter's batches may name an instance twice, at which moto fails.
            body = urlencode(_once(query)).encode()
        return self._forwarded(body, environ)

    def _instance_types(self, query: Query, body: bytes, environ: WSGIEnvironment) -> Answer:
        """Keep what moto answers: it takes seconds each time, for a dry run too, and nothing changes it."""
        if query.get("DryRun") == "true":
            return "412 Precondition Failed", _XML, aws_answers.DRY_RUN
        if body not in self._types:
            self._types[body] = self._forwarded(body, environ)
        return self._types[body]

    def _fleet(self, query: Query, environ: WSGIEnvironment) -> Answer:
        chosen = aws_fleet.narrowed(query)
        launch = aws_fleet.launch_of(chosen, self._backend())
        body = urlencode(aws_fleet.prepared(chosen, launch)).encode()
        status, kind, answer = self._forwarded(body, environ)
        if status.startswith("2"):
            aws_fleet.settle(answer, launch, self._backend(), query.get(aws_fleet.TARGET, "on-demand"))
        return status, kind, answer

    def _forwarded(self, body: bytes, environ: WSGIEnvironment) -> Answer:
        """Ask moto."""
        got: list[Any] = []
        environ = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
            got.extend((status, dict(headers).get("Content-Type", _XML)))
            return lambda _data: None

        answer = b"".join(self._moto(environ, start))
        return got[0], got[1], answer

    def _backend(self) -> EC2Backend:
        return ec2_backends[DEFAULT_ACCOUNT_ID][self._setup.region]


def _once(query: Query) -> Query:
    names = sorted({value for key, value in query.items() if key.startswith("InstanceId.")})
    others = {key: value for key, value in query.items() if not key.startswith("InstanceId.")}
    return others | {f"InstanceId.{index}": name for index, name in enumerate(names, 1)}


def _name_in(body: bytes) -> str:
    return str(json.loads(body)["Name"])


def main(port: int, setup: Path) -> None:
    """Serve on a port of loopback until the process is ended."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    shim = Shim(DomainDispatcherApplication(create_backend_app), Setup.read(setup))
    make_server("127.0.0.1", port, shim, threaded=True).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
