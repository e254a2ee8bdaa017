# The commands of Backyard. `make` alone lists them; CONTRIBUTING.md says when to use which.

# The Python that makes .venv; PYTHON=... chooses another. First one for which every package comes ready built (3.11, 3.12),
# then any that is new enough: 3.13 builds two of them, which takes a C compiler and two minutes, once.
new_enough = import sys; sys.exit(sys.version_info < (3, 11))
ready_built = import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 13))
first_that = for python in $(2); do $$python -c '$(1)' 2>/dev/null && echo $$python && exit; done
PYTHON ?= $(eval PYTHON := $(shell $(call first_that,$(value ready_built),python3 python3.12 python3.11); \
	$(call first_that,$(value new_enough),python3 python3.13 python3.12 python3.11 .venv/bin/python)))$(PYTHON)
checked_python = $(if $(shell $(or $(PYTHON),false) -c '$(new_enough)' 2>/dev/null && echo yes),$(PYTHON),$(error \
	Backyard needs Python 3.11 or newer$(if $(PYTHON),, and finds $(or $(shell { python3 --version; } 2>/dev/null),none)): \
	install one, or name it: make PYTHON=/path/to/python3.11))
install = @$(checked_python) -m config.run.bootstrap
BIN = .venv/bin
SERVERS = $(BIN)/python -m config.devservers exec --
# How many processes share the tests: one a processor and at most four, unless said otherwise. 1 is pytest alone.
JOBS ?= auto
side_by_side = $(if $(filter 1,$(JOBS)),,-n $(JOBS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0)

.DEFAULT_GOAL := help
.PHONY: help run test journey bench docs lint fmt lock clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

run: ## install what is missing, start everything, stop it all with Ctrl-C (PORT= DATABASE_URL= REDIS_URL= BACKYARD_VAR=)
	$(install) run
	@exec $(BIN)/python -m config.run

test: lint ## everything that guards the project, on a real PostgreSQL and Redis
	@echo "migrations, tests"
	@BACKYARD_ENV=test $(SERVERS) sh -c '$(BIN)/python manage.py makemigrations --check --dry-run && exec $(BIN)/pytest $(side_by_side) $(ARGS)'

lint: ## ruff, mypy and the layers
	$(install) dev
	@echo "ruff" && $(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@echo "mypy" && $(BIN)/mypy .
	@echo "import-linter" && $(BIN)/lint-imports

journey: ## play the main job against the running system, over HTTP and websocket only
	$(install) run
	@exec $(BIN)/python -m config.journey

bench: ## measure everything on real servers and write docs/benchmarks.md (ARGS="--size full" takes some minutes more)
	$(install) dev
	@$(BIN)/python -m bench all --write docs/benchmarks.md $(ARGS)

docs: ## write docs/asyncapi.yaml anew from the classes of the websockets' frames
	$(install) dev
	@$(BIN)/python manage.py asyncapi --write

fmt: ## format, and mend what ruff can
	$(install) dev
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

UV_COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make lock"

lock: ## for maintainers: write requirements/*.txt anew from *.in (needs uv; ARGS=--upgrade takes newer versions)
	@cd requirements && $(UV_COMPILE) $(ARGS) run.in -o run.txt && $(UV_COMPILE) $(ARGS) dev.in -o dev.txt

clean: ## remove .venv, the local data and all caches
	$(install) clean
