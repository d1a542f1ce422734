# Every target installs what it needs: Python packages into .venv, Debian packages
# with apt-get (as root). ARGS goes to pytest, or to the benchmark. Tests run in JOBS
# processes; JOBS=0 runs them in one, in the order of their files.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build demo ipk feed apk serve-feed
.PHONY: test test-all lint unit c cross fuzz sanitize newest-python micropython interop
.PHONY: qemu qemu-openwrt luci test-luci test-openwrt live screenshots po generate soak
.PHONY: release release-keys bench clean

VENV := .venv
PYTHON := $(VENV)/bin/python
# Tests also wait: one process more than there are cores.
JOBS ?= $(shell echo $$(($$(nproc) + 1)))
PARALLEL := --numprocesses $(JOBS) --dist loadgroup
# What .ci/summary adds up.
RESULTS := build/results
PYTEST = $(PYTHON) -m pytest $(PARALLEL) --junit-xml=$(RESULTS)/$@.xml
# Two routers at a time share the file system of one.
PYTEST_LIVE = OPENWRT_ROOTFS=$(OPENWRT_ROOTFS) $(PYTHON) -m pytest -rs \
	--junit-xml=$(RESULTS)/$@.xml
INSTALLED := $(VENV)/.installed
SANITIZED := build/sanitized
# As users install it, for the benchmark: an editable one takes more memory.
MEASURED := build/measured
ARGS ?=
# What OpenWrt calls the router's architecture.
ARCH ?= aarch64_cortex-a72
# What serve-feed listens on.
PORT ?= 8080

# libpywg, and what it is built from and with.
PLANE := pywg_embedded/dataplane
LIBPYWG := $(PLANE)/libpywg
C_SOURCES := $(shell find $(LIBPYWG)/include $(LIBPYWG)/src -name '*.[ch]')
C_TESTS := $(shell find $(LIBPYWG)/test $(LIBPYWG)/fuzz tests/bench -name '*.[ch]')
C_VENDORED := $(shell find $(LIBPYWG)/third_party -name '*.[ch]')
# An editable installation lists the packages: a new one needs a new installation.
PACKAGES := $(shell find pywg_embedded -name __init__.py)
BUILT_FROM := pyproject.toml $(PLANE)/signatures.py $(LIBPYWG)/bind.py \
	$(LIBPYWG)/CMakeLists.txt $(C_SOURCES) $(C_VENDORED) $(PACKAGES)

BUILD_PACKAGES := python3-venv gcc libc6-dev pkg-config libsodium-dev libssl-dev
C_PACKAGES := cmake
FUZZ_PACKAGES := cmake clang libclang-rt-dev
LINT_PACKAGES := mandoc shellcheck
LAB_PACKAGES := busybox iproute2 iputils-ping nftables procps \
	wireguard-go wireguard-tools
CROSS_PACKAGES := binutils qemu-user
FEED_PACKAGES := git openssl signify-openbsd
QEMU_PACKAGES := cpio e2fsprogs kmod qemu-system-arm
BROWSER_PACKAGES := chromium
NEWEST_PACKAGES := $(C_PACKAGES) $(LAB_PACKAGES) patchelf
NPM_PACKAGES := $(if $(shell command -v npm),,nodejs npm)
# For all of `make test`, and for what `make test-all` adds.
TEST_PACKAGES := $(BUILD_PACKAGES) $(LINT_PACKAGES) $(NPM_PACKAGES) $(C_PACKAGES) \
	$(FEED_PACKAGES) $(LAB_PACKAGES)
TEST_ALL_PACKAGES := $(CROSS_PACKAGES) $(FUZZ_PACKAGES) $(QEMU_PACKAGES) \
	$(NEWEST_PACKAGES)
# The environment with what drives a browser.
BROWSES := $(VENV)/.browses
# What `unit` leaves to a target of its own.
APART := fuzz interop luci micropython
UNIT := $(APART:%=--ignore tests/%)
# What works in an unpacked OpenWrt alone.
LIVE := tests/luci_live tests/openwrt_live

# What checks LuCI's modules, and how.
ESLINT_HOME := .cache/eslint
ESLINT := $(ESLINT_HOME)/node_modules/.bin/eslint --max-warnings 0 \
	--config $(ESLINT_HOME)/eslint.config.mjs luci tests/luci

PRUNED := .cache .git .venv build
SHELL_FILES = find . $(PRUNED:%=-name % -prune -o) -type f \
	-exec awk 'FNR == 1 && /^\#!.*sh/ { print FILENAME } { nextfile }' {} +

help: ## print this list
	@awk -F ':.*## ' '/^##@/ { print "\n" substr($$0, 5) ":" } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ For users

build: $(INSTALLED) ## install pywgd and pywg into .venv/bin

$(INSTALLED): $(BUILT_FROM)
	@.ci/need $(BUILD_PACKAGES)
	@echo "Installing Python packages into $(VENV)"
	@python3 -m venv --clear $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --editable '.[dev]' \
		-C cmake.define.PYWG_WERROR=ON
	@touch $@

demo: build ## link two home networks in network namespaces (1 minute)
	@.ci/need $(LAB_PACKAGES)
	@$(PYTHON) -m tests.lab.demo

ipk: build ## build packages for opkg: make ipk ARCH=mipsel_24kc
	@.ci/need $(C_PACKAGES)
	@$(PYTHON) -m package.builder ipk $(ARCH)

feed: build ## build a signed package feed for opkg
	@.ci/need $(C_PACKAGES)
	@$(PYTHON) -m package.builder feed $(ARCH)

apk: build ## build a signed package feed for apk (needs apk-tools 3)
	@.ci/need $(C_PACKAGES) openssl
	@$(PYTHON) -m package.builder apk $(ARCH)

serve-feed: feed ## serve the feed over HTTP, print the commands that install from it
	@! command -v apk >/dev/null || $(MAKE) --no-print-directory apk
	@$(PYTHON) -m package.serve_feed $(ARCH) --port $(PORT)

##@ For developers

test: ## check the style and run all tests but the slow ones (5 minutes)
	@.ci/downloads $@ $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory lint
	@.ci/need $(TEST_PACKAGES)
	$(PYTEST) -m "not slow" $(ARGS)
	@echo "Left to 'make test-all': sanitizers in libpywg, libpywg for routers (cross)," \
		"C fuzzing, QEMU machines, the slow interop tests, the newest CPython."
	@echo "Left out without a browser and an OpenWrt root file system:" \
		"make test-luci, make test-openwrt."

test-all: test ## run all tests: those of 'make test', then the slow ones
	@.ci/downloads $@ $(TEST_ALL_PACKAGES)
	@.ci/need $(TEST_ALL_PACKAGES)
	$(PYTEST) -m slow $(LIVE:%=--ignore %) $(ARGS)
	@$(MAKE) --no-print-directory sanitize
	@$(MAKE) --no-print-directory newest-python
	@$(MAKE) --no-print-directory live

# Each test says why it is skipped.
live: build
	@.ci/need $(LAB_PACKAGES)
	$(PYTEST_LIVE) $(LIVE) $(ARGS)

lint: build $(ESLINT_HOME)/.installed ## check style and types: ruff, mypy, clang-format, shellcheck, mandoc, eslint
	@.ci/need $(LINT_PACKAGES)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	@echo clang-format
	@$(VENV)/bin/clang-format --dry-run --Werror --style=file:$(LIBPYWG)/.clang-format \
		$(C_SOURCES) $(C_TESTS)
	@echo shellcheck
	@$(SHELL_FILES) | xargs shellcheck
	shellcheck docs/completion/pywg.bash
	mandoc -Tlint -Wwarning docs/man/*.8
	$(ESLINT)

$(ESLINT_HOME)/.installed: $(wildcard luci/lint/*)
	@command -v npm >/dev/null || .ci/need nodejs npm
	@echo "Installing eslint into $(@D)"
	@mkdir -p $(@D)
	@cp luci/lint/* $(@D)
	@npm install --prefix $(@D) --silent --no-audit --no-fund --no-package-lock
	@touch $@

unit: build ## test each module by itself, and two engines over a simulated network
	@.ci/need $(C_PACKAGES) $(FEED_PACKAGES) $(LAB_PACKAGES)
	$(PYTEST) -m "not slow" $(UNIT) $(ARGS)

c: build ## run the test programs of libpywg under sanitizers
	@.ci/need $(C_PACKAGES)
	$(PYTEST) -m c tests/dataplane $(ARGS)

cross: build ## build libpywg for routers, run its test programs on emulated machines
	@.ci/need $(C_PACKAGES) $(CROSS_PACKAGES)
	$(PYTEST) tests/cross $(ARGS)

fuzz: build ## feed hostile input to every parser (FUZZ_SECONDS=N: seconds per C target)
	@.ci/need $(FUZZ_PACKAGES)
	$(PYTEST) tests/fuzz $(ARGS)

sanitize: $(SANITIZED)/.installed ## test the data plane with sanitizers in libpywg
	@.ci/need $(LAB_PACKAGES)
	$(SANITIZED)/bin/python -m tests.sanitized $(RESULTS) $(PARALLEL) $(ARGS)

newest-python: build ## run the unit tests under the newest CPython in Debian's suites
	@.ci/need $(NEWEST_PACKAGES) $(FEED_PACKAGES)
	$(PYTHON) -m tests.newest_python --junit-xml=$(RESULTS)/$@.xml $(PARALLEL) \
		-m "not slow and not c" $(UNIT) $(ARGS)

# Python packages are those of the other environment; only ours is built anew.
$(SANITIZED)/.installed: $(INSTALLED)
	@.ci/need $(FUZZ_PACKAGES)
	@echo "Installing libpywg with sanitizers into $(SANITIZED)"
	@python3 -m venv --clear --without-pip $(SANITIZED)
	@realpath $(VENV)/lib/python3*/site-packages \
		>"$$(echo $(SANITIZED)/lib/python3*/site-packages)/shared.pth"
	@$(VENV)/bin/pip --python $(SANITIZED)/bin/python install --quiet \
		--disable-pip-version-check --no-deps --editable . \
		-C cmake.define.CMAKE_C_COMPILER=clang -C cmake.define.PYWG_WERROR=ON \
		-C cmake.define.PYWG_SANITIZE=address,undefined
	@touch $@

micropython: build ## test core, control and libpywg under MicroPython
	@.ci/need $(C_PACKAGES)
	$(PYTEST) tests/micropython $(ARGS)

interop: build ## exchange traffic with wireguard-go in network namespaces
	@.ci/need $(LAB_PACKAGES)
	$(PYTEST) tests/interop $(ARGS)

qemu: build ## link emulated ARM machines, also with the kernel's WireGuard
	@.ci/need $(C_PACKAGES) $(QEMU_PACKAGES)
	$(PYTHON) -m qemu

qemu-openwrt: build ## test OpenWrt's own image: IMAGE=...-initramfs-kernel.bin
	@.ci/need $(C_PACKAGES) $(QEMU_PACKAGES)
	@$(PYTHON) -m qemu.openwrt $(IMAGE)

luci: build $(ESLINT_HOME)/.installed ## check the modules of the LuCI pages with eslint, test them under node
	$(ESLINT)
	$(PYTEST) tests/luci $(ARGS)

po: build ## update the translation template of LuCI, list missing translations
	$(PYTHON) -m luci.po

generate: build ## write the files that are generated from tables in the code
	$(PYTHON) -m package.manual
	$(PYTHON) -m package.options_doc
	$(PYTHON) -m luci.generate
	$(PYTHON) $(LIBPYWG)/generate.py
	$(PYTHON) -m tests.message_list

test-openwrt: build ## test in an unpacked OpenWrt: OPENWRT_ROOTFS=dir
	@.ci/need $(LAB_PACKAGES)
	@$(PYTEST_LIVE) tests/openwrt_live $(ARGS)

# Its screenshots are in build/luci.
test-luci: $(BROWSES) ## test LuCI in a browser: OPENWRT_ROOTFS=dir
	@.ci/need $(LAB_PACKAGES) $(BROWSER_PACKAGES)
	@$(PYTEST_LIVE) tests/luci_live $(ARGS)

screenshots: $(BROWSES) ## take the pictures of the documentation: OPENWRT_ROOTFS=dir
	@.ci/need $(LAB_PACKAGES) $(BROWSER_PACKAGES)
	@$(PYTEST_LIVE) tests/luci_live/screenshots.py $(ARGS)

$(BROWSES): $(INSTALLED)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --editable '.[browser]'
	@touch $@

ROUNDS ?= 3
SCENARIOS ?= qemu cross interop
LOAD ?= 0
soak: build ## repeat tests: ROUNDS=5 SCENARIOS="qemu cross interop" LOAD=1
	@.ci/need $(TEST_PACKAGES) $(TEST_ALL_PACKAGES)
	@$(PYTHON) -m tests.soak --rounds $(ROUNDS) --load $(LOAD) $(SCENARIOS)

bench: $(MEASURED)/.installed ## measure against wireguard-go; results in build/bench
	@.ci/need $(LAB_PACKAGES)
	@$(MEASURED)/bin/python -m tests.bench $(ARGS)

$(MEASURED)/.installed: $(BUILT_FROM) $(shell find pywg_embedded -name '*.py')
	@.ci/need $(BUILD_PACKAGES)
	@echo "Installing Python packages into $(MEASURED)"
	@python3 -m venv --clear $(MEASURED)
	@$(MEASURED)/bin/pip install --quiet --disable-pip-version-check '.[bench]'
	@touch $@

release: build ## write source archive, signed feeds and notes to build/release/VERSION
	@.ci/need $(C_PACKAGES) git openssl
	@$(PYTHON) -m package.release $(ARGS)

release-keys: build ## create the keys that a release is signed with
	@.ci/need openssl
	@$(PYTHON) -m package.release --create-keys

clean: ## remove everything that was built or downloaded
	rm -rf $(VENV) .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build
	find . -name __pycache__ -prune -exec rm -rf {} +
	rm -rf ./*.egg-info
