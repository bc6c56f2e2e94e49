"""Lets the agents of Ray tell the ports that they were given at their start, not when they have imported all.

Ray waits 15 seconds for each and then gives its node up (raylet/node_manager.cc of 2.60.0; no setting changes
that), which is short where much else runs. Python imports this first, in all processes.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

_PORTS = {
    "dashboard/agent.py": {
        "dashboard_agent_listen_port": "listen-port",
        "metrics_agent_port": "grpc-port",
        "metrics_export_port": "metrics-export-port",
    },
    "runtime_env/agent/main.py": {"runtime_env_agent_port": "runtime-env-agent-port"},
}
"""Program -> name of a file for Ray -> flag with the port."""


def tell(words: list[str]) -> Iterator[Path]:
    """Write the ports for a command line of an agent, and give the files; nothing for another command."""
    flags = dict(word[2:].split("=", 1) for word in words if word.startswith("--") and "=" in word)
    for program, ports in _PORTS.items():
        if any(word.endswith(program) for word in words):
            for name, flag in ports.items():
                path = Path(flags["session-dir"], f"{name}_{flags['node-id']}")
                if flags.get(flag, "0") != "0":
                    begun = path.with_suffix(".begun")
                    begun.write_text(flags[flag], encoding="utf-8")
                    yield begun.rename(path)


list(tell(sys.orig_argv))
