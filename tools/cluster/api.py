"""A thin client of the Kubernetes API: it shows the Warning headers and refusals that proofs ask for."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import urllib3

from charts_src.objects import Body
from tools.cluster.responses import Refused, checked, warnings_of

_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_DAY = 24 * 3600
_TIMEOUT = urllib3.Timeout(connect=5, read=60)
"""Seconds to connect, and without an answer."""


class Applied(NamedTuple):
    """What the API server made of an object, and what it warned of."""

    object: Body
    warnings: list[str]


class Api:
    """The API of one API server, as one user.

    Every method raises Refused when the server refuses, and ConnectionError when it is not there. It is
    urllib3 that asks, without requests on top, which doubles the CPU time of a call.
    """

    def __init__(self, url: str, token: str, authority: Path) -> None:
        """Take the address, a bearer token, and the file with the server's certificate."""
        self.url = url
        self.token = token
        self.authority = authority
        self._pool = urllib3.connection_from_url(
            url, ca_certs=str(authority), timeout=_TIMEOUT, retries=False
        )
        self._resources: dict[tuple[str, str], tuple[str, bool]] = {}

    def apply(
        self, obj: Body, manager: str = "genai-on-eks", *, dry_run: bool = False, brief: bool = False
    ) -> Applied:
        """Apply an object server-side, taking over fields of other managers; unknown fields are refused.

        With `brief` the answer has nothing but the object's metadata: a definition may have a megabyte.
        """
        parameters = {"fieldManager": manager, "force": "true", "fieldValidation": "Strict"}
        parameters |= {"dryRun": "All"} if dry_run else {}
        headers = {"Content-Type": _APPLY} | ({"Accept": _METADATA} if brief else {})
        response = self.request("PATCH", self._path_of(obj), parameters, obj, headers)
        return Applied(response.json(), warnings_of(response))

    def create(self, obj: Body, *, dry_run: bool = False) -> Body:
        """Create an object; with `dry_run` all but store it."""
        return self.created(obj, dry_run=dry_run).object

    def created(self, obj: Body, *, dry_run: bool = False) -> Applied:
        """Create an object, and give the warnings too."""
        parameters = {"fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})
        namespace = obj["metadata"].get("namespace", "")
        path = self.path(obj["apiVersion"], obj["kind"], namespace)
        response = self.request("POST", path, parameters, obj)
        return Applied(response.json(), warnings_of(response))

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Body | None:
        """Read an object; None when there is none of that name."""
        try:
            found: Body = self.request("GET", self.path(api_version, kind, namespace, name)).json()
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return found

    def metadata_of(self, obj: Body) -> Applied:
        """Read the metadata of an object, which has to be there, as `apply` gives it when it is brief."""
        response = self.request("GET", self._path_of(obj), headers={"Accept": _METADATA})
        return Applied(response.json(), warnings_of(response))

    def list(
        self, api_version: str, kind: str, namespace: str = "", labels: str = "", fields: str = ""
    ) -> list[Body]:
        """Read all objects of a kind, in one namespace or in all, that both selectors select."""
        path = self.path(api_version, kind, namespace)
        selectors = {"labelSelector": labels, "fieldSelector": fields}
        items: list[Body] = self.request("GET", path, selectors).json()["items"]
        return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    def merge(
        self,
        api_version: str,
        kind: str,
        name: str,
        patch: Body,
        namespace: str = "",
        subresource: str = "",
    ) -> Body:
        """Change an object, or its subresource such as `status`, by a JSON merge patch."""
        path = self.path(api_version, kind, namespace, name) + (f"/{subresource}" if subresource else "")
        changed: Body = self.request("PATCH", path, body=patch, headers={"Content-Type": _MERGE}).json()
        return changed

    def delete(
        self, api_version: str, kind: str, name: str, namespace: str = "", propagation: str = "Background"
    ) -> None:
        """Delete an object, if it is there."""
        try:
            path = self.path(api_version, kind, namespace, name)
            self.request("DELETE", path, body={"propagationPolicy": propagation})
        except Refused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def token_of(self, namespace: str, service_account: str) -> str:
        """Give a token of a ServiceAccount that holds for a day."""
        path = self.path("v1", "ServiceAccount", namespace, service_account) + "/token"
        wanted = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": _DAY},
        }
        return str(self.request("POST", path, body=wanted).json()["status"]["token"])

    def as_token(self, token: str) -> "Api":
        """Give the same API as the user of a token."""
        return Api(self.url, token, self.authority)

    def ready(self) -> bool:
        """Say whether the server is there and ready."""
        try:
            self.request("GET", "/readyz")
        except (ConnectionError, Refused):
            return False
        return True

    def serves(self, api_version: str, kind: str) -> bool:
        """Say whether the server has a kind."""
        try:
            self._resource(api_version, kind)
        except Refused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return False
        return True

    def version(self) -> str:
        """Give the server's version, such as v1.36.3."""
        return str(self.request("GET", "/version").json()["gitVersion"])

    def request(
        self,
        verb: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Send any request."""
        whole = f"{path}?{urlencode(parameters)}" if parameters else path
        given = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        try:
            response = self._pool.request(verb, whole, json=body, headers=given)
        except urllib3.exceptions.HTTPError as error:
            raise ConnectionError(f"{verb} {path}: {error}") from error
        return checked(response)

    def path(self, api_version: str, kind: str, namespace: str = "", name: str = "") -> str:
        """Give the path of an object, or without a name of a collection.

        Raises Refused with status 404 when the server has no such kind.
        """
        resource, namespaced = self._resource(api_version, kind)
        parts = [_prefix(api_version)]
        parts += ["namespaces", namespace] if namespaced and namespace else []
        return "/".join([*parts, resource, *([name] if name else [])])

    def _path_of(self, obj: Body) -> str:
        metadata = obj["metadata"]
        return self.path(obj["apiVersion"], obj["kind"], metadata.get("namespace", ""), metadata["name"])

    def _resource(self, api_version: str, kind: str) -> tuple[str, bool]:
        """Look up the plural of a kind and whether it is namespaced; asks for what it does not know."""
        key = api_version, kind
        if key not in self._resources:
            for each in self.request("GET", _prefix(api_version)).json()["resources"]:
                if "/" not in each["name"]:
                    self._resources[api_version, each["kind"]] = each["name"], each["namespaced"]
        if key not in self._resources:
            raise Refused(HTTPStatus.NOT_FOUND, f"the API server has no {kind} in {api_version}", "NotFound")
        return self._resources[key]


def _prefix(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
