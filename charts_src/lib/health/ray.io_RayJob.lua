-- Fields: ray-operator v1.6.2, apis/ray/v1/rayjob_types.go; the operator never writes its observedGeneration.
-- A job that runs is healthy: nothing in a sync should wait for training to end.
local healths = {
  Running = "Healthy",
  Complete = "Healthy",
  Failed = "Degraded",
  ValidationFailed = "Degraded",
  Suspending = "Suspended",
  Suspended = "Suspended",
}
local status = obj.status or {}
local phase = status.jobDeploymentStatus or ""
if status.jobStatus == "FAILED" then
  return { status = "Degraded", message = status.message or "The job failed" }
end
return { status = healths[phase] or "Progressing", message = status.message or phase }
