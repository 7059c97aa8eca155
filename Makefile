# `make check` is all that CI runs; the other two are its everyday parts.
.PHONY: check test format

check:
	bash .ci/run

test:
	.venv/bin/pytest

format:
	.venv/bin/ruff check --fix
	.venv/bin/ruff format
