# `make` alone lists what there is. Every target makes the virtual environment where it is missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
PYTHON ?=
EXPERIMENT ?= ppo_lunarlander
ARGS ?=
AREA ?= house

export VENV PYTHON
# Kept bytecode, whatever the shell says: tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=
RUN := $(VENV)/bin/python
STAMP := $(VENV)/.installed
# One thread per test process: xdist already has one process per core.
PYTEST := OMP_NUM_THREADS=1 $(RUN) -m pytest -n auto --dist worksteal

.PHONY: help setup train test quick lint configs prove cuda wheel

help: ## This list
	@echo 'make TARGET [VENV=.venv] [PYTHON=python3.12]'
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

setup: $(STAMP) ## The virtual environment .venv, by itself

train: $(STAMP) ## Train: [EXPERIMENT=ppo_lunarlander] [ARGS="seed=1 total_steps=200_000"]
	$(RUN) -m rlt.train +experiment=$(EXPERIMENT) $(ARGS)

test: $(STAMP) ## All tests, on every core: [ARGS="-k resume"]
	$(PYTEST) $(ARGS)

quick: $(STAMP) ## Tests without the slow ones: [ARGS=…]
	$(PYTEST) -m 'not slow' $(ARGS)

lint: $(STAMP) ## ruff, and mypy with the shapes of every network
	$(RUN) -m ruff check .
	$(RUN) -m mypy

configs: $(STAMP) ## Write the base files of configs/ from the dataclasses
	$(RUN) -m rlt.assembly.yaml_files

prove: $(STAMP) ## Every claim of an area at full size, into experiments/proofs: [AREA=house] [ARGS="only=resume_cartpole"]
	$(RUN) -m experiments.proofs.prove $(AREA) $(ARGS)

cuda: $(STAMP) ## The agents' checks on a GPU, at most 8 minutes; says so where there is none: [ARGS="device=cuda:1"]
	OMP_NUM_THREADS=1 $(RUN) -m tests.cuda $(ARGS)

wheel: $(STAMP) ## dist/rlt-*.whl
	$(RUN) -m build --wheel --outdir dist

$(STAMP): pyproject.toml constraints.txt .ci/setup
	.ci/setup
	@touch $@
