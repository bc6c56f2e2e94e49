"""Volumes, FSx for Lustre among them, as the nodes that mount them see them.

What FSx itself measures is in CloudWatch and not here: node_exporter has no collector for Lustre clients. The
kubelet asks every mounted volume for its size and use, that of FSx through the CSI driver too. Traffic to FSx
is part of the nodes' network.
"""

from charts_src.lib.dashboards.panel import NAMESPACE, Query, dashboard, graph, stat, table
from charts_src.lib.storage import FSX_CLAIM

_CHOSEN = f'{{namespace=~"{NAMESPACE}"}}'
_CLAIM = "{{namespace}}/{{persistentvolumeclaim}}"
_BY_CLAIM = "max by (namespace, persistentvolumeclaim)"
_FSX = f'{{persistentvolumeclaim="{FSX_CLAIM}"}}'
_DISKS = '{device!~"loop.*|ram.*|dm-.*"}'
_USED = f"""1 - {_BY_CLAIM} (kubelet_volume_stats_available_bytes{_CHOSEN})
/ {_BY_CLAIM} (kubelet_volume_stats_capacity_bytes{_CHOSEN})"""

DASHBOARD = dashboard(
    "storage",
    "Storage",
    (
        stat("Size of the FSx file system", "bytes", f"max(kubelet_volume_stats_capacity_bytes{_FSX})"),
        stat("Free on the FSx file system", "bytes", f"max(kubelet_volume_stats_available_bytes{_FSX})"),
        stat("Fullest volume", "percentunit", f"max({_USED})"),
        stat("Claims that wait", "short", 'sum(kube_persistentvolumeclaim_status_phase{phase="Pending"})'),
        graph("Use of volumes", "percentunit", Query(_USED, _CLAIM)),
        graph(
            "Free on volumes",
            "bytes",
            Query(f"{_BY_CLAIM} (kubelet_volume_stats_available_bytes{_CHOSEN})", _CLAIM),
        ),
        graph(
            "Use of inodes",
            "percentunit",
            Query(
                f"""{_BY_CLAIM} (kubelet_volume_stats_inodes_used{_CHOSEN})
                / {_BY_CLAIM} (kubelet_volume_stats_inodes{_CHOSEN})""",
                _CLAIM,
            ),
        ),
        graph(
            "Use of the nodes' own disks",
            "percentunit",
            Query(
                """1 - max by (node) (node_filesystem_avail_bytes{mountpoint="/"})
                / max by (node) (node_filesystem_size_bytes{mountpoint="/"})""",
                "{{node}}",
            ),
        ),
        graph(
            "Reading and writing of local disks and EBS",
            "Bps",
            Query(f"sum by (node) (rate(node_disk_read_bytes_total{_DISKS}[5m]))", "{{node}} read"),
            Query(f"sum by (node) (rate(node_disk_written_bytes_total{_DISKS}[5m]))", "{{node}} written"),
        ),
        graph(
            "Network of the nodes",
            "Bps",
            Query('sum by (node) (rate(node_network_receive_bytes_total{device!="lo"}[5m]))', "{{node}} in"),
            Query(
                'sum by (node) (rate(node_network_transmit_bytes_total{device!="lo"}[5m]))', "{{node}} out"
            ),
            description="FSx, S3 and all else that goes through the kernel, as EFA does not.",
        ),
        table("Volumes", "percentunit", _USED),
    ),
    "kubelet_volume_stats_capacity_bytes",
)
