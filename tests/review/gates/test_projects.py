"""Argo CD: what a project admits, and whom an application follows."""

import pytest

from charts_src.review.gates.projects import gate
from tests.review.gates.pairs import edited, found, pair

PROJECT = """apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: genai, namespace: argocd}
spec:
  sourceRepos: ['https://git.example.com/one.git']
  clusterResourceWhitelist: [{group: "", kind: Namespace}]
"""
APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: app, namespace: argocd}
spec:
  project: genai
  source: {repoURL: 'https://git.example.com/one.git', targetRevision: main, path: rendered/prod/app}
"""
OURS = "see that it is ours"
WRITES = f"whoever writes there decides what runs; {OURS}"


@pytest.mark.parametrize(
    ("body", "old", "new", "message"),
    [
        (
            PROJECT,
            "['https://git.example.com/one.git']",
            "['https://git.example.com/one.git', 'https://evil.example/two.git']",
            f"AppProject argocd/genai: spec.sourceRepos[]: lets manifests come from "
            f"https://evil.example/two.git; {OURS}",
        ),
        (
            PROJECT,
            'group: "", kind: Namespace',
            'group: "", kind: "*"',
            "AppProject argocd/genai: spec.clusterResourceWhitelist[0].kind: admits everything; name "
            "what is needed",
        ),
        (
            APPLICATION,
            "https://git.example.com/one.git",
            "https://evil.example/two.git",
            "Application argocd/app: spec.source.repoURL: is https://evil.example/two.git, was "
            f"https://git.example.com/one.git: {WRITES}",
        ),
        (
            APPLICATION,
            "targetRevision: main",
            "targetRevision: draft",
            f"Application argocd/app: spec.source.targetRevision: is draft, was main: {WRITES}",
        ),
    ],
)
def test_says_who_else_decides_what_runs(body: str, old: str, new: str, message: str) -> None:
    assert found(gate, pair(body, edited(body, old, new))) == [f"rbac: {message}"]


@pytest.mark.parametrize(
    ("body", "old", "new"),
    [
        (
            PROJECT,
            '{group: "", kind: Namespace}',
            '{group: "", kind: Namespace}, {group: ray.io, kind: RayJob}',
        ),
        (PROJECT, '{group: "", kind: Namespace}', ""),
        (APPLICATION, "path: rendered/prod/app", "path: rendered/prod/other"),
    ],
)
def test_another_kind_or_folder_of_ours_is_none(body: str, old: str, new: str) -> None:
    assert found(gate, pair(body, edited(body, old, new))) == []
