"""KubeSpawner's settings, which make the pods of lib/notebooks.py.

The settings are read off those PodSpecs, so both agree. Source of how KubeSpawner makes a pod of them:
kubespawner 7.0.0, objects.py (make_pod) and spawner.py (get_pod_manifest, _load_profile).
"""

from charts_src.lib.namespaces import NOTEBOOKS
from charts_src.lib.notebook_services import NOTEBOOK
from charts_src.lib.notebooks import PORT, SHARED_HOME, home_claim, profile_pods, section_of
from charts_src.lib.ray import NO_DISRUPTION
from charts_src.lib.storage import BLOCK_STORAGE_CLASS
from charts_src.model import Environment
from charts_src.objects import Body


def spawner_settings(env: Environment) -> Body:
    """Give the traits of KubeSpawner: what all servers have in common, and the list of profiles.

    Differences from chart 4.4.0: the servers have a namespace and a ServiceAccount of their own; their homes
    stay when their users go; the default scheduler places them, as Karpenter empties nodes by itself; a hub
    that failed to start servers goes on (`consecutive_failure_limit`), as accelerators are often sold out;
    no privileged container blocks the instance metadata, as the network policy and the nodes do it.
    """
    section = section_of(env)
    pods = dict(profile_pods(env))
    (common, *_) = pods.values()
    (first,) = common["containers"]
    return {
        "namespace": NOTEBOOKS,
        "pod_name_template": "notebook-{user_server}",
        "common_labels": {**NOTEBOOK, "app.kubernetes.io/managed-by": "kubespawner"},
        "extra_annotations": dict(NO_DISRUPTION),
        "service_account": common["serviceAccountName"],
        "automount_service_account_token": common["automountServiceAccountToken"],
        "pod_security_context": common["securityContext"],
        "container_security_context": first["securityContext"],
        "extra_pod_config": {"enableServiceLinks": common["enableServiceLinks"]},
        "image_pull_policy": first["imagePullPolicy"],
        "port": PORT,
        "cmd": first["args"][:1],
        "args": first["args"][1:],
        "environment": {item["name"]: item.get("value", item) for item in first["env"]},
        "volume_mounts": first["volumeMounts"],
        "storage_pvc_ensure": True,
        "storage_class": BLOCK_STORAGE_CLASS,
        "storage_access_modes": ["ReadWriteOnce"],
        "storage_capacity": f"{section.home_gib}Gi",
        "pvc_name_template": SHARED_HOME,
        "remember_pvc_name": False,
        "delete_pvc": False,
        "start_timeout": section.start_timeout_seconds,
        "http_timeout": 120,
        "consecutive_failure_limit": 0,
        "profile_list": [_choice(env, name, spec) for name, spec in pods.items()],
    }


def _choice(env: Environment, name: str, spec: Body) -> Body:
    """Give the entry of the list of profiles; lists replace KubeSpawner's defaults, mappings add to them.

    `pvc_name` is a template, which jupyterhub_config.py fills in.
    """
    profile = section_of(env).profiles[name]
    (server,) = spec["containers"]
    requests, limits = dict(server["resources"]["requests"]), dict(server["resources"]["limits"])
    memory = f"{profile.memory_gib}G"  # the trait's G is 1024**3
    del limits["memory"], requests["memory"], requests["cpu"]
    return {
        "slug": name,
        "display_name": profile.title,
        "description": profile.description,
        "kubespawner_override": {
            "image": server["image"],
            "cpu_guarantee": profile.cpus,
            "mem_guarantee": memory,
            "mem_limit": memory,
            "extra_resource_guarantees": requests,
            "extra_resource_limits": limits,
            "node_selector": spec["nodeSelector"],
            "tolerations": spec.get("tolerations", []),
            "volumes": spec["volumes"],
            "pvc_name": home_claim(env, profile),
        },
    }
