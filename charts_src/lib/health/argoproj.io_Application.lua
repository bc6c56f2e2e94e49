-- Health of an Application for the Application above it, whose sync waves wait for it.
-- Argo CD v3.6.1 has no check of its own. Resources that are still missing don't count against an Application's
-- health there (controller/health.go), so "Healthy" alone may mean "half applied": it must be synced as well.
local annotations = obj.metadata.annotations or {}
local status = obj.status or {}
local health = status.health or {}
local sync = status.sync or {}
local operation = status.operationState or {}

if annotations["genai-on-eks/awaited"] == "false" then
  return { status = "Healthy", message = "Nothing waits for this Application; it reports " .. (health.status or "nothing yet") }
end
if health.status == "Degraded" then
  return { status = "Degraded", message = health.message or "A resource is degraded" }
end
if sync.status ~= "Synced" then
  if operation.phase == "Failed" or operation.phase == "Error" then
    return { status = "Degraded", message = operation.message or "The last sync failed" }
  end
  return { status = "Progressing", message = "Waiting to be synced" }
end
return { status = health.status or "Progressing", message = health.message or "" }
