"""What to do about something that is not installed, or not as it should be.

It takes no more of Python than OpenWrt's python3-base has.
"""

import os

# Where OpenWrt's package managers are, and how each is told to install something.
_MANAGERS = (("/usr/bin/apk", "apk add"), ("/bin/opkg", "opkg install"))
# What a module belongs to, and OpenWrt's package with it; any other is Python's own.
_OWNERS = {
    "_cffi_backend": ("cffi", "python3-cffi"),
    "cffi": ("cffi", "python3-cffi"),
    "nacl": ("PyNaCl", "python3-pynacl"),
    "pywg_embedded": ("a part of pywg-embedded", "pywg-embedded"),
}
_PYTHON = ("a part of Python", "python3-light")


def install_command(package: str) -> str:
    """How to get a package of OpenWrt's; elsewhere it goes by another name."""
    for path, command in _MANAGERS:
        if os.path.exists(path):
            return f"{command} {package}"
    return "install it"


def explain_load_error(error: Exception) -> str:
    """Why a program cannot be loaded, and what to do about it."""
    if not isinstance(error, ImportError):
        text = f"{type(error).__name__}: {error}"
        again = f"remove pywg-embedded, then {install_command('pywg-embedded')}"
        return f"a file may be damaged ({text}): {again}"
    module = (error.name or "").partition(".")[0]
    owner, package = _OWNERS.get(module, _PYTHON)
    missing = isinstance(error, ModuleNotFoundError)
    state = "is missing" if missing else "cannot be loaded"
    return f"{owner} {state} ({error}): {install_command(package)}"


def explain_libpywg_error(error: Exception) -> str:
    """The same of the library."""
    return f"libpywg cannot be loaded ({error}): {install_command('libpywg-sodium')}"
