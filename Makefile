# make demo   check, fix and run a broken template
# make test   the tests
# make docs   the documentation, into site/
# Each makes the environment that it needs.

PYTHON ?= python3
BIN := .venv/bin
TEMPLATE := fixtures/photos/broken.py

.PHONY: demo test lint docs clean

demo: .venv/ready
	@sh tools/demo.sh $(BIN)/modlint $(TEMPLATE)

test: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python tools/make_rule_table.py --check
	$(BIN)/python tools/make_config_schema.py --check

docs: .venv/ready
	$(BIN)/python -m pip install --quiet --constraint requirements-ci.txt --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

.venv/ready: pyproject.toml requirements-ci.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint requirements-ci.txt --editable '.[verify,dev]'
	touch $@

clean:
	rm -rf .venv
