"""The AWS side of an environment: what a person makes with eksctl, CloudFormation or Terraform.

Everything is rendered to rendered/<env>/aws/, which no Argo CD Application syncs. Templates are JSON, which
CloudFormation reads as well as YAML, so that no other tool takes them for Kubernetes objects.
"""
