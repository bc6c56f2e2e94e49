"""What the tests of Spark need: a Spark home as the image has it, S3, and credentials as EKS gives them."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pyspark
import pytest

import local_s3
import rendered

_IMAGES = Path(__file__).parents[2]
_JARS = _IMAGES.parent / ".cache" / "spark-jars"
_JAVA = "17"
_TOKEN = "token-of-the-pod-identity-agent"  # noqa: S105  # of the stand-in below
BUCKETS = ("genai-prod-artifacts", "genai-prod-data", "genai-prod-models")


class Storage(NamedTuple):
    """S3 in this process."""

    endpoint: str
    client: Any
    variables: dict[str, str]
    """Environment of a pod that the EKS Pod Identity agent gives credentials."""

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """List the keys below a prefix."""
        answer = self.client.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for item in answer.get("Contents", ())]

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=bucket, Key=key, Body=data)


@pytest.fixture(scope="session")
def spark_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put together what the image has below /opt/spark, of links to PySpark, the jars and the programs."""
    _demand_java()
    listed = [line.split()[1] for line in (_IMAGES / "spark" / "jars.txt").read_text().splitlines()]
    added = [_JARS / "{1}-{2}.jar".format(*coordinates.split(":")) for coordinates in listed]
    if missing := [jar.name for jar in added if not jar.is_file()]:
        pytest.fail(f"{_JARS} lacks {missing}; run make test-workloads, which downloads them", pytrace=False)
    home = tmp_path_factory.mktemp("opt") / "spark"
    source = Path(pyspark.__file__).parent
    (home / "jars").mkdir(parents=True)
    for jar in (*(source / "jars").iterdir(), *added):
        (home / "jars" / jar.name).symlink_to(jar)
    (home / "bin").symlink_to(source / "bin")
    (home / "python").symlink_to(source / "python")
    (home / "app").symlink_to(_IMAGES / "spark" / "src")
    (home / "conf").symlink_to(_IMAGES / "spark" / "conf")
    return home


def _demand_java() -> None:
    text = ""
    if shutil.which("java"):
        text = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    if not re.search(rf'version "{_JAVA}\.', text):
        pytest.fail(
            f"Spark needs Java {_JAVA}, as in its image; apt-get install openjdk-{_JAVA}-jre-headless",
            pytrace=False,
        )


@pytest.fixture(scope="session")
def storage() -> Iterator[Storage]:
    agent = ThreadingHTTPServer(("127.0.0.1", 0), _PodIdentityAgent)
    threading.Thread(target=agent.serve_forever, daemon=True).start()
    with local_s3.served(*BUCKETS, region="us-east-2") as s3:
        endpoint, client = s3["AWS_ENDPOINT_URL"], local_s3.client(s3)
        variables = {
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": _TOKEN,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{agent.server_port}/v1/credentials",
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_REGION": "us-east-2",
            "HF_HUB_OFFLINE": "1",
        }
        yield Storage(endpoint, client, variables)
    agent.shutdown()


class _PodIdentityAgent(BaseHTTPRequestHandler):
    """The endpoint from which SDKs in a pod read credentials."""

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == _TOKEN
        answer = {
            "AccessKeyId": "ASIAEXAMPLE",
            "SecretAccessKey": "example",
            "Token": "example",
            "Expiration": "2099-01-01T00:00:00Z",
        }
        self.send_response(200 if known else 403)
        self.end_headers()
        self.wfile.write(json.dumps(answer if known else {}).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def places(spark_home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give the place here of each place in the pods."""
    scratch = tmp_path_factory.mktemp("scratch")
    return {"/opt/spark": str(spark_home), "/var/data/spark-local": str(scratch)}


@pytest.fixture(scope="session")
def variables(storage: Storage, spark_home: Path) -> dict[str, str]:
    """Give the environment that the image and EKS give the programs."""
    return storage.variables | {
        "PYTHONPATH": f"{spark_home}/app:{_IMAGES}/genai/src",
        "SPARK_HOME": str(spark_home),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


@pytest.fixture(scope="session")
def pipeline() -> rendered.Entry:
    return rendered.entry("prod", "text-pipeline/driver")


@pytest.fixture(scope="session")
def log_folder(places: dict[str, str], variables: dict[str, str], storage: Storage) -> str:
    """Make the folder of the event logs, with the command of the init container."""
    entry = rendered.entry("prod", "spark-history/make-folder")
    done = subprocess.run(
        _here(entry.command(places), storage.endpoint),
        env=entry.environ(places, variables),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[:6000]
    entry.ran()
    return "spark/events"


def _here(words: list[str], endpoint: str) -> list[str]:
    """Add what tells S3A where S3 is to Hadoop's options."""
    own = [f"-Dfs.s3a.endpoint={endpoint}", "-Dfs.s3a.path.style.access=true"]
    at = next(index for index, word in enumerate(words) if word.startswith("-D"))
    return [*words[:at], *own, *words[at:]]
