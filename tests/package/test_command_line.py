"""What the builder says to whom asks for what it cannot make."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "number, arguments, said",
    [
        (1, (), "usage: "),
        (2, ("rpm", "x86_64"), "usage: "),
        (
            3,
            ("ipk", "vax"),
            "unknown architecture: vax (expected one of aarch64_cortex-a53, ",
        ),
        (4, ("apk", "x86_64"), "apk not found in PATH: install apk-tools 3, "),
    ],
)
def test_refusal_is_one_line(
    number: int, arguments: tuple[str, ...], said: str
) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "package.builder", *arguments),
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(said) and done.stderr.count("\n") == 1
