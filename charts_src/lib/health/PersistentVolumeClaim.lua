-- A claim whose StorageClass binds at the first consumer stays Pending until a pod uses it. The built-in check
-- calls that Progressing, so a sync wave that waits for it would never reach the pod.
local phase = obj.status ~= nil and obj.status.phase or nil
if phase == "Lost" then
  return { status = "Degraded", message = "The volume is gone" }
end
if phase == "Bound" then
  return { status = "Healthy", message = "" }
end
return { status = "Healthy", message = "Waiting for a pod to use it" }
