"""Schemas of Kubernetes and of the custom resources: where they come from, their derivation and their use."""
