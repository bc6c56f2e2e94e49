-- Fields: ray-operator v1.6.2, apis/ray/v1/raycluster_types.go. observedGeneration isn't read: the operator
-- doesn't write it when nothing else in the status changes (controllers/ray/utils/consistency.go).
local status = obj.status or {}
if status.state == "suspended" then
  return { status = "Suspended", message = "The cluster has no pods" }
end
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "ReplicaFailure" and condition.status == "True" then
    return { status = "Degraded", message = condition.message }
  end
end
if status.state == "failed" then
  return { status = "Degraded", message = status.reason or "The cluster failed" }
end
if status.state == "ready" then
  return { status = "Healthy", message = "" }
end
return { status = "Progressing", message = "Waiting for the head and every worker" }
