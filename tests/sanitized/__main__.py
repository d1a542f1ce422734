"""Run the tests that load libpywg with AddressSanitizer and UndefinedBehaviorSanitizer
in it; fail if either reports anything.

To be run by the Python of an environment whose libpywg was built with
-DPYWG_SANITIZE=address,undefined (``make sanitize``). The arguments are the folder of
the results, then pytest's. Every process that loads the library, daemons too, writes
its reports to files, which are read at the end, so no report depends on a test that
checks an exit code. Python allocates with malloc, so that the buffers which it passes
to libpywg are checked as well.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

AGREE = "tests/fuzz/test_planes_agree.py::test_libpywg_matches_the_reference_plane"
INTEROP = (
    "configuration", "nat", "preshared_key", "roaming", "tunnel", "unauthenticated",
)  # fmt: skip
# The arguments of pytest, by the name of the results. Tests that read the library's
# file, that build with sanitizers of their own, or that are slow, are left out.
RUNS = {
    "planes": (
        "tests/dataplane",
        "--ignore=tests/dataplane/reference",
        "--ignore=tests/dataplane/libpywg/test_c_programs.py",
        "--ignore=tests/dataplane/libpywg/test_library.py",
        "tests/daemon/test_main.py",
        "-m=not slow",
        *(f"{AGREE}[{seed}]" for seed in range(8)),
    ),
    "interop": (
        *(f"tests/interop/test_{name}.py" for name in INTEROP),
        "-k=pywgd-to-wireguard-go",
    ),
}

_BEGIN = """
import socket
from pywg_embedded.dataplane import _cpython, native
from pywg_embedded.dataplane.limits import Limits
tun = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
plane = native.Plane(tun[0].fileno(), Limits())
plane.add_peer(0)
facts = _cpython._library.pywg_peer_facts
"""
# Errors of a caller, and the words that the report must contain.
PLANTED = (
    ("facts(0, 0, 0, _cpython._ffi.from_buffer(bytearray(8)))", "heap-buffer-over"),
    ("facts(0, 0, 0, _cpython._ffi.NULL)", "null pointer"),
)


def environment(folder: str) -> dict[str, str]:
    """Return the variables of a process that loads the library; reports go to
    ``folder``."""
    name = f"libclang_rt.asan-{os.uname().machine}.so"
    command = ("clang", f"-print-file-name={name}")
    runtime = subprocess.run(command, capture_output=True, text=True, check=True)
    reports = f"log_path={folder}/report"
    return {
        **os.environ,
        "LD_PRELOAD": runtime.stdout.strip(),
        # Memory that Python does not free when it exits is no leak of libpywg.
        "ASAN_OPTIONS": f"detect_leaks=0:{reports}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:{reports}",
        "PYTHONMALLOC": "malloc",
    }


def reports(folder: str) -> str:
    """Return the text of all reports in ``folder``."""
    return "\n".join(path.read_text() for path in sorted(Path(folder).iterdir()))


def run(*arguments: str) -> tuple[int, str]:
    """Run Python; return its exit code and the reports."""
    with tempfile.TemporaryDirectory() as folder:
        command = (sys.executable, *arguments)
        code = subprocess.run(command, env=environment(folder)).returncode
        return code, reports(folder)


def check_that_errors_are_reported() -> None:
    """Exit with an error if a planted error is not reported."""
    for error, text in PLANTED:
        if text not in run("-c", _BEGIN + error)[1]:
            sys.exit(f"the sanitizers did not report this error: {error}")


def main() -> None:
    """Run the tests; exit with 1 if a test failed or anything was reported."""
    results, *arguments = sys.argv[1:]
    check_that_errors_are_reported()
    failed = False
    for name, tests in RUNS.items():
        junit = f"--junit-xml={results}/sanitize-{name}.xml"
        code, report = run("-m", "pytest", *tests, junit, *arguments)
        print(report, file=sys.stderr, end="")
        failed |= bool(code or report)
    sys.exit(failed)


if __name__ == "__main__":
    main()
