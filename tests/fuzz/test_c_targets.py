"""The fuzz targets of libpywg: parts of it in a loop, on what libFuzzer thinks up.

Each checks what must hold of any input, under AddressSanitizer and
UndefinedBehaviorSanitizer. Usually they run for a moment, on the same inputs every
time. With FUZZ_SECONDS=N (and at night) each goes on for so long from where the last
such run ended: what it found worth keeping is in build/corpus.
"""

import os
import subprocess
from pathlib import Path

import pytest

from package.builder.lock import exclusive

from . import corpus

pytestmark = [pytest.mark.c, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "pywg_embedded/dataplane/libpywg"
RUNS = {"gro": 40_000, "receive": 60_000, "tun": 30_000}
SECONDS = int(os.environ.get("FUZZ_SECONDS", 3_600 if os.environ.get("NIGHTLY") else 0))
LONGEST = 4_096


@pytest.fixture(scope="module")
def built() -> Path:
    """The folder of the targets."""
    folder = ROOT / "build/libpywg-fuzz"
    settings = (
        "CMAKE_C_COMPILER=clang",
        "PYWG_FUZZ=ON",
        "PYWG_TESTS=OFF",
        "PYWG_WERROR=ON",
    )
    defines = (f"-D{setting}" for setting in settings)
    with exclusive(folder):
        subprocess.run(("cmake", "-S", SOURCES, "-B", folder, *defines), check=True)
        subprocess.run(("cmake", "--build", folder, "--parallel", "2"), check=True)
    return folder / "fuzz"


@pytest.mark.parametrize("target", corpus.TARGETS)
def test_fuzz_target_finds_no_violation(
    target: str, built: Path, tmp_path: Path
) -> None:
    seeds, kept = tmp_path / "seeds", tmp_path / "kept"
    corpus.write(target, seeds)
    how_long = (f"-runs={RUNS[target]}", "-seed=1")
    if SECONDS:
        kept = ROOT / "build/corpus" / target
        how_long = (f"-max_total_time={SECONDS}", "-print_final_stats=1")
    kept.mkdir(parents=True, exist_ok=True)
    options = (*how_long, f"-max_len={LONGEST}", f"-artifact_prefix={ROOT}/build/")
    subprocess.run((built / f"fuzz_{target}", *options, kept, seeds), check=True)
