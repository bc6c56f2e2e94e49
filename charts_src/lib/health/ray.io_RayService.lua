-- Fields: ray-operator v1.6.2, apis/ray/v1/rayservice_types.go. An upgrade is over when one cluster is left.
local status = obj.status or {}
local ready = {}
local upgrading = {}
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Ready" then
    ready = condition
  elseif condition.type == "UpgradeInProgress" then
    upgrading = condition
  end
end

-- The operator gives up for good after these two, and doesn't record the generation for the second.
if ready.reason == "InitializingTimeout" or ready.reason == "ValidationFailed" then
  return { status = "Degraded", message = ready.message }
end
if (status.observedGeneration or 0) < obj.metadata.generation then
  return { status = "Progressing", message = "Waiting for the operator to see the change" }
end
for _, cluster in ipairs({ status.activeServiceStatus or {}, status.pendingServiceStatus or {} }) do
  for name, application in pairs(cluster.applicationStatuses or {}) do
    if application.status == "DEPLOY_FAILED" or application.status == "UNHEALTHY" then
      return { status = "Degraded", message = name .. " is " .. application.status .. ": " .. (application.message or "") }
    end
  end
end
if upgrading.status == "True" then
  return { status = "Progressing", message = upgrading.message }
end
if ready.status == "True" then
  return { status = "Healthy", message = ready.message }
end
return { status = "Progressing", message = ready.message or "Waiting for the operator" }
