"""Where make puts the Helm programs that it builds from tools/helm and tools/helm4."""

from charts_src import ROOT

HELM3 = ROOT / ".tools" / "bin" / "helm"
HELM4 = ROOT / ".tools" / "bin" / "helm4"
HELMS = (HELM3, HELM4)
