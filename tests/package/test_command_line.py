"""Arguments that the builder refuses."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "arguments, message",
    [
        pytest.param((), "usage: ", id="no-arguments"),
        pytest.param(("rpm", "x86_64"), "usage: ", id="unknown-format"),
        pytest.param(
            ("ipk", "vax"),
            "unknown architecture: vax (expected one of aarch64_cortex-a53, ",
            id="unknown-architecture",
        ),
        pytest.param(
            ("apk", "x86_64"),
            "apk not found in PATH: install apk-tools 3, ",
            id="no-apk",
        ),
    ],
)
def test_arguments_are_refused_with_one_line(
    arguments: tuple[str, ...], message: str
) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "package.builder", *arguments),
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(message) and done.stderr.count("\n") == 1
