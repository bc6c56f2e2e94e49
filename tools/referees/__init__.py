"""Programs of others judge what is rendered: checkov, kube-score and Kyverno's Pod Security.

They know no custom resources, so the pods of those are projected out first and written beside the other
objects. Each finding is either mended in a manifest or has a reason in exceptions.yaml; a reason that nothing
needs is an error as well.
"""
