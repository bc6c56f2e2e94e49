// An app of cdk8s: every object in objects.json, in the chart that it names. `cdk8s synth` says where to write.
const { ApiObject, App, Chart } = require("cdk8s");

const app = new App();
for (const [name, bodies] of Object.entries(require("./objects.json"))) {
  const chart = new Chart(app, name);
  bodies.forEach((body, index) => new ApiObject(chart, `${index}`, body));
}
app.synth();
