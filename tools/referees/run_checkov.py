"""Runs checkov over a folder and prints what it saw and found as JSON.

Its own Python environment runs this. checkov's command line prints no list of the objects that it read; its
runner gives one, and reads nothing but the folder: it asks no platform for policies or guidelines.
"""

import json
import sys

from checkov.kubernetes.runner import Runner
from checkov.runner_filter import RunnerFilter
from checkov.version import version


def main(folder: str) -> None:
    """Print the version, the file of each object read, the number of checks passed and each one failed.

    One that an annotation of an object skips has failed as well: reasons are written in one place.
    """
    report = Runner().run(folder, runner_filter=RunnerFilter(["kubernetes"], show_progress_bar=False))
    answer = {
        "version": version,
        "seen": sorted({resource.partition(".yaml:")[0] + ".yaml" for resource in report.resources}),
        "passed": len(report.passed_checks),
        "failed": [
            {"check": record.check_id, "name": record.check_name, "path": record.file_path}
            for record in [*report.failed_checks, *report.skipped_checks]
        ],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
