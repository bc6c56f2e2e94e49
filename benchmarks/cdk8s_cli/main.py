"""The app of main.js in Python, where an ApiObject takes all but a header as patches."""

import json
from pathlib import Path

from cdk8s import ApiObject, App, Chart, JsonPatch

app = App()
for name, bodies in json.loads(Path("objects.json").read_text()).items():
    chart = Chart(app, name)
    for index, body in enumerate(bodies):
        header = {"api_version": body.pop("apiVersion"), "kind": body.pop("kind")}
        added = ApiObject(chart, str(index), **header, metadata=body.pop("metadata"))
        added.add_json_patch(*(JsonPatch.add(f"/{key}", value) for key, value in body.items()))
app.synth()
