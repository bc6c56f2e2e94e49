"""JupyterHub's configuration file: it runs in the hub, with the settings that are beside it as JSON.

Nothing here imports this module. Secrets come from environment variables that the programs read themselves:
CONFIGPROXY_AUTH_TOKEN, JPY_COOKIE_SECRET, OAUTH_CLIENT_SECRET, PGPASSWORD.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient  # type: ignore[import-not-found]

c = get_config()  # type: ignore[name-defined]  # noqa: F821  # JupyterHub defines it

# The client in pure Python is too slow for the requests to the proxy's API of a large hub.
AsyncHTTPClient.configure("tornado.curl_httpclient.CurlAsyncHTTPClient")


def claim(template: str) -> Callable[[Any], str]:
    """Name the volume of a user's home; KubeSpawner fills in templates before it looks at the profile."""

    def name(spawner: Any) -> str:
        filled: str = spawner._expand_user_properties(template)  # noqa: SLF001  # no public way to do it
        return filled

    return name


settings = json.loads(Path(__file__).with_name("settings.json").read_text(encoding="utf-8"))
for profile in settings["KubeSpawner"]["profile_list"]:
    override = profile["kubespawner_override"]
    override["pvc_name"] = claim(override["pvc_name"])
for section, values in settings.items():
    c[section].update(values)
