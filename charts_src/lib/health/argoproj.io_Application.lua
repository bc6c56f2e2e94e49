-- Health of an Application for the Application above it, whose sync waves wait for it.
-- Argo CD v3.6.1 has no check of its own. Resources that are still missing don't count against an Application's
-- health there (controller/health.go), so "Healthy" alone may mean "half applied": it must be synced as well.
-- Its status is that of its old source until it is compared with the new one. A chart that can't be had, as it
-- isn't published, makes it degraded: else the sync that brought the chart would wait until its time limit, and
-- no commit could put it right, because no sync starts while another runs.
local function same(one, other)
  if type(one) ~= "table" or type(other) ~= "table" then
    return one == other
  end
  for key, value in pairs(one) do
    if not same(value, other[key]) then return false end
  end
  for key in pairs(other) do
    if one[key] == nil then return false end
  end
  return true
end

local source = (obj.spec or {}).source or {}
local annotations = obj.metadata.annotations or {}
local status = obj.status or {}
local health = status.health or {}
local sync = status.sync or {}
local compared = sync.comparedTo or {}
local operation = status.operationState or {}

if annotations["genai-on-eks/awaited"] == "false" then
  return { status = "Healthy", message = "Nothing waits for this Application; it reports " .. (health.status or "nothing yet") }
end
if compared.source and not same(compared.source, source) then
  return { status = "Progressing", message = "Waiting to be compared with its new source" }
end
if health.status == "Degraded" then
  return { status = "Degraded", message = health.message or "A resource is degraded" }
end
for _, condition in ipairs(source.chart and sync.status == "Unknown" and status.conditions or {}) do
  if condition.type == "ComparisonError" or condition.type == "InvalidSpecError" then
    return { status = "Degraded", message = condition.message }
  end
end
if sync.status ~= "Synced" then
  if operation.phase == "Failed" or operation.phase == "Error" then
    return { status = "Degraded", message = operation.message or "The last sync failed" }
  end
  return { status = "Progressing", message = "Waiting to be synced" }
end
return { status = health.status or "Progressing", message = health.message or "" }
