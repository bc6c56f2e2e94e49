-- Conditions: mpi-operator v0.8.2, pkg/apis/kubeflow/v2beta1/types.go; there is no observedGeneration.
-- A job that runs is healthy: nothing in a sync should wait for training to end.
local status = obj.status or {}
local found = {}
for _, condition in ipairs(status.conditions or {}) do
  if condition.status == "True" then
    found[condition.type] = condition.message or ""
  end
end
for _, case in ipairs({
  { "Failed", "Degraded" },
  { "Succeeded", "Healthy" },
  { "Suspended", "Suspended" },
  { "Running", "Healthy" },
}) do
  if found[case[1]] ~= nil then
    return { status = case[2], message = found[case[1]] }
  end
end
return { status = "Progressing", message = "Waiting for launcher and workers" }
