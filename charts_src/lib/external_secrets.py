"""Secrets: they live in AWS Secrets Manager, and External Secrets copies them into the cluster."""

from collections.abc import Iterable

from charts_src.model import Environment
from charts_src.objects import Body

STORE = "aws-secrets-manager"
"""ClusterSecretStore of the environment's account and region."""


def external_secret(env: Environment, name: str, keys: Iterable[str]) -> Body:
    """Have the Secret `name` made from the JSON keys of the remote secret <cluster>/<name>.

    What the API server would fill in is written out, or Argo CD would see a difference.
    """
    remote = f"{env.cluster.name}/{name}"
    defaults = {"conversionStrategy": "Default", "decodingStrategy": "None", "metadataPolicy": "None"}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": name},
        "spec": {
            "refreshInterval": "1h0m0s",
            "refreshPolicy": "Periodic",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": STORE},
            "target": {"name": name, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
            "data": [
                {"secretKey": key, "remoteRef": {"key": remote, "property": key} | defaults} for key in keys
            ],
        },
    }
