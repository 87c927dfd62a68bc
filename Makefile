# Frontdesk: `make run` and `make test` do all their set-up themselves.
PYTHON ?= python3
VENV := .venv
LLAMA := .venv-llama
ENCODERS := .venv-encoders
VECTORS := .venv-vectors
BESIDE := .venv-beside
TRAIN := .venv-train
AUDIT := .venv-audit
MEDIA := .venv-media
SITE := .venv-site
# As pip takes it: of this version a CPU build is taken where pip is shown one, and PyPI's brings CUDA.
TORCH ?= torch==2.13.0
BIN := $(VENV)/bin
BASELINE := tests/trust/secrets.json
FLEET := --extra nats --extra otel --extra postgres
LOCKS := requirements.lock requirements-fleet.lock requirements-media.lock requirements-dev.lock
MODEL := .frontdesk/models/active
ENCODER := .frontdesk/models/minilm-l6-v2
SPEECH := .frontdesk/models/whisper-tiny.en
NODE_CLIENTS := tests/playground/slack/node
SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)

.PHONY: run test lint format words bench bench-beside bench-encoder bench-kb bench-media bench-privacy bench-vectors bench-scheduler bench-engine learn-demo fairness-demo crash overload fuzz stories screenshots trust audit sbom site lock clean chromium

run: $(VENV)/runtime $(MODEL)  ## Set up, then run what .env configures; with no token, the playground.
	$(BIN)/frontdesk run

test: $(VENV)/development $(MODEL) $(ENCODER) $(SPEECH) $(NODE_CLIENTS)/node_modules/.installed chromium  ## Everything that must pass.
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/development  ## Style, types and the import contract.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/development  ## Let ruff write the style it asks for.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

words: $(VENV)/development  ## Bring the catalogues of phrases up to date with the code; then translate what is empty.
	$(BIN)/pybabel --quiet extract --no-location --sort-output --project Frontdesk --output core/locale/phrases.pot core adapters bots
	for language in de es; do $(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap \
		--input-file core/locale/phrases.pot --locale $$language --output-file core/locale/$$language.po; done
	rm core/locale/phrases.pot

bench: $(VENV)/development $(MODEL)  ## Measure; prints a table.
	$(BIN)/python -m tests.benchmarks

bench-beside: $(VENV)/development $(BESIDE)/ready $(MODEL)  ## Measure the assistant beside AstrBot, on a quiet machine; fetches 800 MB once.
	$(BIN)/python -m tests.benchmarks.beside --astrbot $(BESIDE)/bin/python

bench-kb: $(VENV)/development $(MODEL) $(ENCODER)  ## Measure answers from documents and what they rest on; fetches 20 MB of text once.
	$(BIN)/python -m tests.benchmarks.kb

bench-vectors: $(VENV)/development $(VECTORS)/ready $(ENCODER)  ## Measure the index of vectors beside sqlite-vec and usearch, up to a million; half an hour, 3 GB of disk.
	$(BIN)/python -m tests.benchmarks.kb.indexes --rivals $(VECTORS)/bin/python

bench-privacy: $(VENV)/development  ## Measure how well personal data is found; beside Presidio, where it is installed.
	$(BIN)/python -m tests.benchmarks.privacy

bench-encoder: $(VENV)/development $(ENCODERS)/ready $(ENCODER)  ## Measure the sentence encoder beside torch and ONNX Runtime; fetches 3 GB once.
	$(BIN)/python -m tests.benchmarks.encoder --rivals $(ENCODERS)/bin/python

bench-media: $(MEDIA)/ready $(MODEL) $(SPEECH)  ## Measure how well recordings are heard and pictures read, on a quiet machine.
	$(BIN)/frontdesk model pull whisper-base
	$(MEDIA)/bin/python -m tests.benchmarks.media

bench-engine: $(VENV)/development $(LLAMA)/ready $(MODEL)  ## Measure against llama.cpp, on a quiet machine; takes half an hour.
	$(BIN)/frontdesk model calibrate
	$(BIN)/python -m tests.benchmarks.engine.llama_compare --llama $(LLAMA)/bin/python

learn-demo: $(TRAIN)/ready $(MODEL)  ## From conversations to a better model that answers, and two that may not.
	$(TRAIN)/bin/python -m tests.benchmarks.learning

fairness-demo: $(TRAIN)/ready $(MODEL)  ## Plant a bias by training, find it, refuse it, and mend it.
	$(TRAIN)/bin/python -m tests.benchmarks.fairness

bench-scheduler: $(VENV)/development $(MODEL)  ## Compare batching policies, simulated and measured, on a quiet machine.
	$(BIN)/python -m tests.benchmarks.engine.compare

crash: $(VENV)/development  ## Kill the service at every point while people write; takes about a quarter of an hour.
	$(BIN)/python -m tests.crash

overload: $(VENV)/development  ## Ask ten times what the machine can answer, for ten minutes.
	$(BIN)/python -m tests.benchmarks.overload

stories: $(VENV)/development  ## Tell every story of delivery on Postgres, and on Postgres with a worker behind NATS.
	FRONTDESK_STORIES="postgres fleet" $(BIN)/pytest -n 2 --dist loadfile tests/delivery/stories

fuzz: $(VENV)/development  ## Throw 100,000 malformed requests at each webhook.
	FRONTDESK_FUZZ=100000 $(BIN)/pytest --timeout=1800 --capture=no -k storm tests/adapters

screenshots: $(VENV)/development chromium  ## Take the pictures of docs/ anew; look at them before you commit.
	fc-list | grep --quiet Emoji || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes --no-install-recommends fonts-noto-color-emoji; }
	FRONTDESK_SCREENSHOTS=docs/pictures $(BIN)/pytest tests/docs/test_screenshots.py

trust: $(VENV)/development $(MODEL)  ## Run what docs/trust.md promises, and write what was measured there.
	FRONTDESK_ENDLESS=1000 FRONTDESK_FUZZ=100000 $(BIN)/python -m tests.trust

audit: $(AUDIT)/ready  ## Look for secrets in what is kept here, and look up known weaknesses of the locked dependencies.
	$(AUDIT)/bin/detect-secrets-hook --baseline $(BASELINE) $$(git ls-files) || test $$? = 3 # 3: known ones in other lines
	$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes $(LOCKS:%=--requirement %)

sbom: $(VENV)/development $(AUDIT)/ready  ## Write sbom.json: packages and weights of a release with its extras, as CycloneDX.
	$(AUDIT)/bin/cyclonedx-py requirements requirements-media.lock --output-format JSON --output-file sbom.json
	$(BIN)/python -m tests.trust.sbom sbom.json

site: $(SITE)/ready  ## Build the documentation as a site in build/site; a link that leads nowhere fails.
	$(SITE)/bin/sphinx-build --quiet --fail-on-warning --keep-going -j auto -c docs/site -d build/site-cache . build/site
	@echo "build/site/docs/site/index.html"

lock:  ## Write the locks anew (needs uv); the runtime, a fleet's and one with voice and vision take the tests' versions.
	uv pip compile pyproject.toml --extra fairness --extra language --extra nats --extra otel --extra postgres --extra privacy --extra science --extra vision --extra voice --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --quiet --output-file requirements-dev.lock
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --constraints requirements-dev.lock \
		--no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.lock
	uv pip compile pyproject.toml $(FLEET) --universal --python-version 3.11 --generate-hashes --constraints requirements-dev.lock \
		--no-emit-index-url --no-header --no-annotate --quiet --output-file requirements-fleet.lock
	uv pip compile pyproject.toml $(FLEET) --extra language --extra vision --extra voice --universal --python-version 3.11 \
		--generate-hashes --constraints requirements-dev.lock \
		--no-emit-index-url --no-header --no-annotate --quiet --output-file requirements-media.lock

clean:  ## Remove what set-up made; your data in .frontdesk stays.
	rm -rf $(VENV) $(LLAMA) $(ENCODERS) $(VECTORS) $(BESIDE) $(TRAIN) $(MEDIA) $(SITE) build/site build/site-cache $(NODE_CLIENTS)/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The browser in which the playground's page is tested: Debian's own, unless there is one.
chromium:
	@command -v chromium || command -v chromium-browser || command -v google-chrome || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes --no-install-recommends chromium; }

# Debian ships Python without the part that puts pip into a virtual environment.
$(BIN)/python:
	$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes python3-venv; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: $(BIN)/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/development: $(BIN)/python requirements-dev.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --editable .
	touch $@ $(VENV)/runtime

# Slack's own Node clients, with which the tests try the Slack emulator.
$(NODE_CLIENTS)/node_modules/.installed: $(NODE_CLIENTS)/package.json $(NODE_CLIENTS)/package-lock.json
	command -v npm >/dev/null || { $(SUDO) apt-get update && \
		$(SUDO) apt-get install --yes --no-install-recommends nodejs npm; }
	cd $(NODE_CLIENTS) && npm ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

# llama.cpp is built from source, in about ten minutes.
$(LLAMA)/ready: pyproject.toml
	$(PYTHON) -m venv $(LLAMA)
	$(LLAMA)/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(LLAMA)/bin/python -m pip install --quiet --no-binary llama-cpp-python --group bench
	touch $@

$(ENCODERS)/ready: pyproject.toml
	$(PYTHON) -m venv $(ENCODERS)
	$(ENCODERS)/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(ENCODERS)/bin/python -m pip install --quiet --group encoders
	touch $@

$(VECTORS)/ready: pyproject.toml
	$(PYTHON) -m venv $(VECTORS)
	$(VECTORS)/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(VECTORS)/bin/python -m pip install --quiet --group vectors
	touch $@

$(BESIDE)/ready: pyproject.toml
	$(PYTHON) -m venv $(BESIDE)
	$(BESIDE)/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(BESIDE)/bin/python -m pip install --quiet --group beside
	touch $@

$(AUDIT)/ready: pyproject.toml
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --group audit
	touch $@

$(SITE)/ready: pyproject.toml
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(SITE)/bin/python -m pip install --quiet --disable-pip-version-check --group site
	touch $@

# torch is large, so training has an environment of its own here.
$(TRAIN)/ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(TRAIN)
	$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check '$(TORCH)'
	$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[train]'
	touch $@

# Synthetic voices and rivals; espeak-ng and tesseract are Debian's.
$(MEDIA)/ready: requirements-dev.lock pyproject.toml
	command -v espeak-ng && command -v tesseract || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes \
		--no-install-recommends espeak-ng tesseract-ocr fonts-dejavu-core; }
	$(PYTHON) -m venv $(MEDIA)
	$(MEDIA)/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(MEDIA)/bin/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	$(MEDIA)/bin/python -m pip install --quiet --no-deps --editable .
	$(MEDIA)/bin/python -m pip install --quiet --group media
	touch $@

$(MODEL): | $(VENV)/runtime
	$(BIN)/frontdesk model pull

$(ENCODER): | $(VENV)/runtime
	$(BIN)/frontdesk model pull minilm-l6-v2

$(SPEECH): | $(VENV)/runtime
	$(BIN)/frontdesk model pull whisper-tiny.en
