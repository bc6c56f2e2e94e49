"""KubeSpawner without Kubernetes: it makes the pod as always, and runs the pod's command on this machine.

The hub of the tests loads this module; it writes each pod that it makes to the folder PODS.
"""

import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from kubernetes_asyncio.client import ApiClient  # type: ignore[import-not-found]
from kubespawner import KubeSpawner  # type: ignore[import-not-found]


class LocalServers(KubeSpawner):  # type: ignore[misc]
    """Servers of users as processes."""

    process: "subprocess.Popen[bytes] | None" = None

    async def start(self) -> str:
        """Start the command of the pod, with its variables. Gives the server's address."""
        await self.load_user_options()
        pod = await self.get_pod_manifest()
        folder = Path(os.environ["PODS"])
        body = ApiClient().sanitize_for_serialization(pod)
        (folder / f"{pod.metadata.name}.json").write_text(json.dumps(body, indent=1))
        (container,) = body["spec"]["containers"]
        variables = {item["name"]: item["value"] for item in container["env"] if "value" in item}
        home = folder / "home"
        home.mkdir(exist_ok=True)
        own = {"HOME": str(home), "PATH": os.environ["NOTEBOOK_PATH"]}
        # What the image sets; the rest of the hub's variables are not the server's.
        image = {
            name: os.environ[name] for name in ("JUPYTER_CONFIG_PATH", "PYTHONPATH", "STARTER_NOTEBOOKS")
        }
        # Tests may run as root, which the user of the image is not.
        root = [] if os.geteuid() else ["--allow-root"]
        with (folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*container["args"], *root], env=own | image | variables, cwd=home, stdout=log, stderr=log
            )
        return f"http://127.0.0.1:{self.port}"

    async def poll(self) -> int | None:
        """Say how the server ended; None while it runs."""
        return self.process.poll() if self.process else 0

    async def stop(self, now: bool = False) -> None:  # noqa: ARG002  # JupyterHub's signature
        """End the server."""
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Tell nothing: there are no events of a pod."""
        return
        yield {}
