"""How to install a missing or damaged part.

Imports nothing beyond OpenWrt's python3-base, for it runs when other parts are missing.
"""

import os

# The package managers of OpenWrt, and their commands.
_MANAGERS = (("/usr/bin/apk", "apk add"), ("/bin/opkg", "opkg install"))
# The part that a module belongs to, and OpenWrt's package; others belong to Python.
_OWNERS = {
    "_cffi_backend": ("cffi", "python3-cffi"),
    "cffi": ("cffi", "python3-cffi"),
    "nacl": ("PyNaCl", "python3-pynacl"),
    "pywg_embedded": ("a part of pywg-embedded", "pywg-embedded"),
}
_PYTHON = ("a part of Python", "python3-light")


def install_hint(package: str) -> str:
    """Return how to install a package of OpenWrt, without its name elsewhere."""
    for path, command in _MANAGERS:
        if os.path.exists(path):
            return f"run '{command} {package}'"
    return "install it"


def explain_load_error(error: Exception) -> str:
    """Return why a program cannot be loaded, and what to do about it."""
    if not isinstance(error, ImportError):
        text = f"{type(error).__name__}: {error}"
        repair = f"remove pywg-embedded, then {install_hint('pywg-embedded')}"
        return f"a file may be damaged ({text}): {repair}"
    module = (error.name or "").partition(".")[0]
    owner, package = _OWNERS.get(module, _PYTHON)
    missing = isinstance(error, ModuleNotFoundError)
    state = "is missing" if missing else "cannot be loaded"
    return f"{owner} {state} ({error}): {install_hint(package)}"


def explain_libpywg_error(error: Exception) -> str:
    """Return why libpywg cannot be loaded, and what to do about it."""
    return f"libpywg cannot be loaded ({error}): {install_hint('libpywg-sodium')}"
