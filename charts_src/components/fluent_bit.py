"""Fluent Bit, which sends the logs of all containers to CloudWatch Logs or to S3.

Sources: fluent-bit v5.1.1 (dockerfiles/Dockerfile: paths; src/http_server: health and metrics), and for the
objects eks-charts stable/aws-for-fluent-bit 0.2.0. The image is upstream's, not AWS's build of it: that one
adds plugins written in Go that the core's cloudwatch_logs and s3 have replaced, and is 5.0 still.

Different from that chart:

- no rule for nodes, nodes/proxy and pods/logs: the kubelet is not asked, and files are read, not streams.
- /var/log is mounted to read only; what Fluent Bit must remember is in a directory of its own.
- the root file system can't be written and no capability is left.
"""

from charts_src.fingerprint import of_text
from charts_src.lib import monitoring, network, rbac
from charts_src.lib.config_maps import config_map, config_volume
from charts_src.lib.controllers import labels
from charts_src.lib.fluent_bit_config import HTTP, STATE, configuration, log_group
from charts_src.lib.iam import PodIdentity, statement
from charts_src.lib.images import image
from charts_src.lib.namespaces import NODE_AGENTS
from charts_src.lib.node_agents import agent, daemon_set
from charts_src.lib.pod import container, host_path, http_probe, mount, pod, port, requests
from charts_src.lib.rbac import READ, Rule
from charts_src.manifest import Component
from charts_src.model import Environment
from charts_src.objects import Body

AGENT = "fluent-bit"

RULES = (Rule("", ("namespaces", "pods"), READ),)


class FluentBit(Component):
    """An agent on every node.

    It runs as root, as the kubelet writes container logs for root only; without capabilities that is no more
    than the owner of those files may do.
    """

    name = AGENT
    target_namespace = NODE_AGENTS

    def versions(self) -> dict[str, str]:
        """Name the version of Fluent Bit."""
        return {"fluent-bit": self.env.logging.version}

    def pod_identities(self) -> tuple[PodIdentity, ...]:
        """Let the agents write to their destination and read nothing of it."""
        grants = {"cloudwatch": _cloudwatch_grant, "s3": _s3_grant}
        grant = grants[self.env.logging.destination](self.env)
        return (PodIdentity(NODE_AGENTS, AGENT, {"logs": grant}),)

    def compose(self) -> None:
        """Add the agents, their configuration, what they may do and what they may talk to."""
        account = rbac.service_account(self, AGENT)
        self.add(rbac.cluster_role(AGENT, RULES))
        rbac.bind_cluster_wide(account, AGENT)
        text = configuration(self.env)
        self.add(config_map(AGENT, {"fluent-bit.yaml": text}))
        self.add(_daemon_set(self.env, of_text(text)))
        self.add(monitoring.pod_monitor(AGENT, labels(AGENT), "http", path="/api/v2/metrics/prometheus"))
        self.add(_network_policy(self.env))


def _cloudwatch_grant(env: Environment) -> list[Body]:
    group = f"arn:aws:logs:{env.aws.region}:{env.aws.account}:log-group:{log_group(env)}"
    actions = (
        "CreateLogGroup",
        "CreateLogStream",
        "DescribeLogStreams",
        "PutLogEvents",
        "PutRetentionPolicy",
    )
    return [statement("WriteLogs", [f"logs:{action}" for action in actions], [group, f"{group}:*"])]


def _s3_grant(env: Environment) -> list[Body]:
    assert env.storage  # noqa: S101  # model/logging.py demands it
    below = f"arn:aws:s3:::{env.storage.buckets.logs}/containers/*"
    return [statement("WriteLogs", ["s3:PutObject"], [below])]


def _daemon_set(env: Environment, config_hash: str) -> Body:
    """Give the agents; they tolerate all taints, so that no node is silent.

    Fluent Bit reads its configuration once, so its hash rolls them.
    """
    body = daemon_set(AGENT, _pod(env))
    body["spec"]["template"]["metadata"]["annotations"] = {"genai-on-eks/config": config_hash}
    return body


def _pod(env: Environment) -> Body:
    spec = pod(
        _container(env),
        serviceAccountName=AGENT,
        automountServiceAccountToken=True,
        terminationGracePeriodSeconds=30,
        volumes=[
            config_volume("config", AGENT),
            host_path("logs", "/var/log", ""),
            host_path("state", STATE, "DirectoryOrCreate"),
        ],
        **agent(nodeSelector={"kubernetes.io/os": "linux"}),
    )
    profile = spec["securityContext"]["seccompProfile"]
    return spec | {"securityContext": {"runAsUser": 0, "runAsGroup": 0, "seccompProfile": profile}}


def _container(env: Environment) -> Body:
    """Give the container; whether logs arrive decides on its readiness only, as a restart mends no outage."""
    return container(
        AGENT,
        image(env, f"cr.fluentbit.io/fluent/fluent-bit:{env.logging.version}"),
        command=["/fluent-bit/bin/fluent-bit"],
        args=["--config=/fluent-bit/config/fluent-bit.yaml"],
        ports=[port("http", HTTP)],
        livenessProbe=http_probe("/api/v1/uptime", "http", initialDelaySeconds=10, timeoutSeconds=5),
        readinessProbe=http_probe("/api/v1/health", "http", initialDelaySeconds=10, timeoutSeconds=5),
        resources=requests("50m", "128Mi", "512Mi"),
        volumeMounts=[
            mount("config", "/fluent-bit/config", readOnly=True),
            mount("logs", "/var/log", readOnly=True),
            mount("state", STATE),
        ],
    )


def _network_policy(env: Environment) -> Body:
    """Let the agents reach the Kubernetes API, their destination and the agent with their credentials."""
    return network.allow(
        AGENT,
        labels(AGENT),
        ingress=[monitoring.scraped(HTTP)],
        egress=[
            network.api_server_egress(env.cluster.vpc_cidr, env.cluster.service_cidr),
            network.aws_api_egress(),
            network.pod_identity_egress(),
        ],
    )
