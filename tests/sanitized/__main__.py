"""Runs those tests that libpywg has a part in, with AddressSanitizer and
UndefinedBehaviorSanitizer inside it; fails if either has anything to report.

To be run by the Python of an environment whose libpywg was built with
-DPYWG_SANITIZE=address,undefined (``make sanitize``). Each process that loads it,
daemons too, writes its reports to files, which are looked for in the end: whether a
test, or whoever started the process, takes notice does not matter. Python gets its
memory from malloc, so that the buffers it lends to libpywg are watched as well.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

AGREE = "tests/fuzz/test_planes_agree.py::test_libpywg_does_what_its_oracle_does"
INTEROP = ("configure", "nat", "preshared_key", "roaming", "silence", "tunnel")
# What pytest is told. Left out is what looks at the library's file, and what has a
# build and sanitizers of its own.
RUNS = (
    (
        "tests/dataplane",
        "--ignore=tests/dataplane/reference",
        "--ignore=tests/dataplane/libpywg/test_c_programs.py",
        "--ignore=tests/dataplane/libpywg/test_library.py",
        "tests/daemon/test_main.py",
        *(f"{AGREE}[{seed}]" for seed in range(8)),
    ),
    (
        *(f"tests/interop/test_{name}.py" for name in INTEROP),
        "-k=pywgd-to-wireguard-go",
    ),
)

_BEGIN = """
import socket
from pywg_embedded.dataplane import _cpython, native
from pywg_embedded.dataplane.limits import Limits
tun = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
plane = native.Plane(tun[0].fileno(), Limits())
plane.add_peer(0)
facts = _cpython._library.pywg_peer_facts
"""
# What a caller may do wrong, and what has to be said of it.
PLANTED = (
    ("facts(0, 0, 0, _cpython._ffi.from_buffer(bytearray(8)))", "heap-buffer-over"),
    ("facts(0, 0, 0, _cpython._ffi.NULL)", "null pointer"),
)


def environment(folder: str) -> dict[str, str]:
    """What a process needs to load the library, and to report into ``folder``."""
    name = f"libclang_rt.asan-{os.uname().machine}.so"
    command = ("clang", f"-print-file-name={name}")
    runtime = subprocess.run(command, capture_output=True, text=True, check=True)
    reports = f"log_path={folder}/report"
    return {
        **os.environ,
        "LD_PRELOAD": runtime.stdout.strip(),
        # What Python leaves behind at its end is no leak of ours.
        "ASAN_OPTIONS": f"detect_leaks=0:{reports}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:{reports}",
        "PYTHONMALLOC": "malloc",
    }


def reports(folder: str) -> str:
    """All that was reported there."""
    return "\n".join(path.read_text() for path in sorted(Path(folder).iterdir()))


def run(*arguments: str) -> tuple[int, str]:
    """Python's exit code, and the reports."""
    with tempfile.TemporaryDirectory() as folder:
        command = (sys.executable, *arguments)
        code = subprocess.run(command, env=environment(folder)).returncode
        return code, reports(folder)


def check_that_errors_are_reported() -> None:
    """Ends the program if one is not: all that follows would mean nothing."""
    for error, text in PLANTED:
        if text not in run("-c", _BEGIN + error)[1]:
            sys.exit(f"this was not reported: {error}")


def main() -> None:
    check_that_errors_are_reported()
    failed = False
    for tests in RUNS:
        code, said = run("-m", "pytest", *tests, *sys.argv[1:])
        print(said, file=sys.stderr, end="")
        failed |= bool(code or said)
    sys.exit(failed)


if __name__ == "__main__":
    main()
