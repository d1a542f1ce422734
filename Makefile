# Every target installs what it needs: Python packages into .venv, Debian packages
# with apt-get (as root). ARGS goes to pytest, or to the benchmark.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build demo test lint unit c cross fuzz sanitize micropython interop qemu \
	qemu-openwrt luci test-luci screenshots po generate test-openwrt ipk feed apk serve-feed release \
	release-keys bench clean

VENV := .venv
PYTHON := $(VENV)/bin/python
PYTEST := $(PYTHON) -m pytest
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
C_SOURCES := $(wildcard $(LIBPYWG)/include/*.h $(LIBPYWG)/src/*.[ch] \
	$(LIBPYWG)/src/*/*.[ch])
C_TESTS := $(wildcard $(LIBPYWG)/test/*.[ch] $(LIBPYWG)/fuzz/*.[ch])
C_VENDORED := $(wildcard $(LIBPYWG)/third_party/*/*.[ch])
C_BENCH := $(wildcard tests/bench/aead/*.[ch])
# An editable installation lists the packages: a new one needs a new installation.
PACKAGES := $(shell find pywg_embedded -name __init__.py)
BUILT_FROM := pyproject.toml $(PLANE)/signatures.py $(LIBPYWG)/bind.py \
	$(LIBPYWG)/CMakeLists.txt $(C_SOURCES) $(C_VENDORED) $(PACKAGES)

BUILD_PACKAGES := python3-venv gcc libc6-dev pkg-config libsodium-dev libssl-dev
C_PACKAGES := cmake
FUZZ_PACKAGES := cmake clang libclang-rt-dev
LINT_PACKAGES := clang-format mandoc shellcheck
LAB_PACKAGES := busybox iproute2 iputils-ping nftables procps \
	wireguard-go wireguard-tools
CROSS_PACKAGES := binutils qemu-user
FEED_PACKAGES := openssl signify-openbsd
QEMU_PACKAGES := cpio e2fsprogs kmod qemu-system-arm
BROWSER_PACKAGES := chromium
# The environment with what drives a browser.
BROWSES := $(VENV)/.browses
# What `unit` leaves to a target of its own.
APART := cross fuzz interop luci luci_live micropython openwrt_live qemu

# What checks LuCI's modules, and how.
ESLINT_HOME := .cache/eslint
ESLINT := $(ESLINT_HOME)/node_modules/.bin/eslint --max-warnings 0 \
	--config $(ESLINT_HOME)/eslint.config.mjs luci tests/luci

PRUNED := .cache .git .venv build
SHELL_FILES = find . $(PRUNED:%=-name % -prune -o) -type f \
	-exec awk 'FNR == 1 && /^\#!.*sh/ { print FILENAME } { nextfile }' {} +

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

build: $(INSTALLED) ## .venv with pywgd and pywg in .venv/bin

$(INSTALLED): $(BUILT_FROM)
	@.ci/need $(BUILD_PACKAGES)
	@echo "Installing Python packages into $(VENV)"
	@python3 -m venv --clear $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --editable '.[dev]' \
		-C cmake.define.PYWG_WERROR=ON
	@touch $@

demo: build ## two homes, linked site to site, in a minute
	@.ci/need $(LAB_PACKAGES)
	@$(PYTHON) -m tests.lab.demo

test: lint ## everything: lint, the sanitizers, then all tests in one run
	@.ci/need $(CROSS_PACKAGES) $(FEED_PACKAGES) $(FUZZ_PACKAGES) $(LAB_PACKAGES) \
		$(QEMU_PACKAGES)
	@$(MAKE) --no-print-directory sanitize
	$(PYTEST) $(ARGS)

lint: build $(ESLINT_HOME)/.installed ## ruff, mypy, clang-format, shellcheck, eslint
	@.ci/need $(LINT_PACKAGES)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	clang-format --dry-run --Werror --style=file:$(LIBPYWG)/.clang-format \
		$(C_SOURCES) $(C_TESTS) $(C_BENCH)
	@$(SHELL_FILES) | xargs -t shellcheck
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

unit: build ## each module by itself
	@.ci/need $(C_PACKAGES) $(FEED_PACKAGES) $(LAB_PACKAGES)
	$(PYTEST) $(APART:%=--ignore tests/%) $(ARGS)

c: build ## the test programs of libpywg, under sanitizers
	@.ci/need $(C_PACKAGES)
	$(PYTEST) tests/dataplane/libpywg/test_c_programs.py $(ARGS)

cross: build ## libpywg for routers, its test programs on emulated machines
	@.ci/need $(C_PACKAGES) $(CROSS_PACKAGES)
	$(PYTEST) tests/cross $(ARGS)

fuzz: build ## hostile input; FUZZ_SECONDS=N gives each target so long
	@.ci/need $(FUZZ_PACKAGES)
	$(PYTEST) tests/fuzz $(ARGS)

sanitize: $(SANITIZED)/.installed ## the planes' tests, with sanitizers in libpywg
	@.ci/need $(LAB_PACKAGES)
	$(SANITIZED)/bin/python -m tests.sanitized $(ARGS)

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

micropython: build ## core, control and libpywg under MicroPython
	@.ci/need $(C_PACKAGES)
	$(PYTEST) tests/micropython $(ARGS)

interop: build ## real traffic with other implementations, in network namespaces
	@.ci/need $(LAB_PACKAGES)
	$(PYTEST) tests/interop $(ARGS)

qemu: build ## two homes, and the Linux kernel's own WireGuard, in ARM machines
	@.ci/need $(C_PACKAGES) $(QEMU_PACKAGES)
	$(PYTHON) -m qemu

qemu-openwrt: build ## the same on OpenWrt's own: IMAGE=...-initramfs-kernel.bin
	@.ci/need $(C_PACKAGES) $(QEMU_PACKAGES)
	@$(PYTHON) -m qemu.openwrt $(IMAGE)

luci: build $(ESLINT_HOME)/.installed ## LuCI's pages: eslint, and their logic under node
	$(ESLINT)
	$(PYTEST) tests/luci $(ARGS)

po: build ## LuCI's strings anew: the template, and what translations lack
	$(PYTHON) -m luci.po

generate: build ## the files that are generated from tables in the code
	$(PYTHON) -m package.manual

ipk: build ## packages for a router with opkg, as in: make ipk ARCH=mipsel_24kc
	@.ci/need $(C_PACKAGES)
	@$(PYTHON) -m package.builder ipk $(ARCH)

feed: build ## the same as a signed folder that opkg installs from
	@.ci/need $(C_PACKAGES)
	@$(PYTHON) -m package.builder feed $(ARCH)

apk: build ## the same for a router with apk, which has to be here too
	@.ci/need $(C_PACKAGES) openssl
	@$(PYTHON) -m package.builder apk $(ARCH)

serve-feed: feed ## the feed over HTTP, and the commands that install from it
	@! command -v apk >/dev/null || $(MAKE) --no-print-directory apk
	@$(PYTHON) -m package.serve_feed $(ARCH) --port $(PORT)

release: build ## source archive, signed feeds and notes in build/release/VERSION
	@.ci/need $(C_PACKAGES) git openssl
	@$(PYTHON) -m package.release $(ARGS)

release-keys: build ## the keys that a release is signed with
	@.ci/need openssl
	@$(PYTHON) -m package.release --create-keys

test-openwrt: build ## inside an unpacked OpenWrt: make test-openwrt OPENWRT_ROOTFS=dir
	@.ci/need $(LAB_PACKAGES)
	@OPENWRT_ROOTFS=$(OPENWRT_ROOTFS) $(PYTEST) -rs tests/openwrt_live $(ARGS)

# Pictures of what it saw are in build/luci.
test-luci: $(BROWSES) ## LuCI in a browser: make test-luci OPENWRT_ROOTFS=dir
	@.ci/need $(LAB_PACKAGES) $(BROWSER_PACKAGES)
	@OPENWRT_ROOTFS=$(OPENWRT_ROOTFS) $(PYTEST) -rs tests/luci_live $(ARGS)

screenshots: $(BROWSES) ## the README's pictures anew: make screenshots OPENWRT_ROOTFS=dir
	@.ci/need $(LAB_PACKAGES) $(BROWSER_PACKAGES)
	@OPENWRT_ROOTFS=$(OPENWRT_ROOTFS) $(PYTEST) -rs tests/luci_live/screenshots.py $(ARGS)

$(BROWSES): $(INSTALLED)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --editable '.[browser]'
	@touch $@

bench: $(MEASURED)/.installed ## ours beside wireguard-go: a table; JSON and picture in build/bench
	@.ci/need $(LAB_PACKAGES)
	@$(MEASURED)/bin/python -m tests.bench $(ARGS)

$(MEASURED)/.installed: $(BUILT_FROM) $(shell find pywg_embedded -name '*.py')
	@.ci/need $(BUILD_PACKAGES)
	@echo "Installing Python packages into $(MEASURED)"
	@python3 -m venv --clear $(MEASURED)
	@$(MEASURED)/bin/pip install --quiet --disable-pip-version-check '.[bench]'
	@touch $@

clean: ## remove all that was built, installed or cached here
	rm -rf $(VENV) .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build
	find . -name __pycache__ -prune -exec rm -rf {} +
	rm -rf ./*.egg-info
