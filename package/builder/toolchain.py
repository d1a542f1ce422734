"""CMake with the C compiler of zig, which includes the C libraries of all targets."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from .paths import CACHE
from .targets import Target


def configure(
    source: Path, build: Path, target: Target, settings: Mapping[str, str]
) -> None:
    """Configure a build of ``source`` for ``target`` in the folder ``build``."""
    toolchain = {
        "CMAKE_SYSTEM_NAME": "Linux",
        "CMAKE_C_COMPILER": ";".join(_compiler(target)),
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_C_FLAGS_RELEASE": "",
        # Test programs of CMake cannot run here, and are not linked.
        "CMAKE_TRY_COMPILE_TARGET_TYPE": "STATIC_LIBRARY",
    }
    defined = {**toolchain, **settings}.items()
    options = [f"-D{name}={value}" for name, value in defined]
    _cmake(["-S", str(source), "-B", str(build), *options])


def build(directory: Path, *goals: str) -> None:
    """Build the goals, or all, in a folder that ``configure`` prepared."""
    parallel = str(os.cpu_count() or 1)
    names = ("--target", *goals) if goals else ()
    _cmake(["--build", str(directory), "--parallel", parallel, *names])


def compile(target: Target, *arguments: str) -> None:
    """Run the compiler with ``arguments``."""
    command = [*_compiler(target), *arguments]
    subprocess.run(command, env=_environment(), check=True)


def cache_key(target: Target) -> str:
    """Return a hash of the compiler and its flags.

    CMake does not notice when they change.
    """
    inputs = f"{version('ziglang')} {_compiler(target)[1:]}"
    return hashlib.sha256(inputs.encode()).hexdigest()[:16]


def _compiler(target: Target) -> list[str]:
    spec = find_spec("ziglang")
    assert spec and spec.origin, "ziglang is not installed: run 'make build'"
    zig = Path(spec.origin).with_name("zig")
    options = ["-target", target.zig_target, f"-mcpu={target.zig_cpu}"]
    # zig compiles a C library for each set of link flags, so there is only one.
    return [str(zig), "cc", *options, "-O2", "-s"]


def _cmake(arguments: list[str]) -> None:
    subprocess.run(
        ["cmake", *arguments],
        env=_environment(),
        # Errors are on stderr.
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _environment() -> dict[str, str]:
    # The cache is addressed by content: all targets can share it.
    cache = str(CACHE / "zig")
    caches = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
    return {**os.environ, **caches}
