"""How to install a missing or damaged part.

Imports nothing beyond OpenWrt's python3-base, for it runs when other parts are missing.
"""

import os

# The package managers of OpenWrt, and their commands to install and to upgrade.
_MANAGERS = (
    ("/usr/bin/apk", "apk add", "apk upgrade"),
    ("/bin/opkg", "opkg install", "opkg upgrade"),
)
# The part that a module belongs to, and OpenWrt's package; others belong to Python.
_OWNERS = {
    "_cffi_backend": ("cffi", "python3-cffi"),
    "cffi": ("cffi", "python3-cffi"),
    "nacl": ("PyNaCl", "python3-pynacl"),
    "pywg_embedded": ("a part of pywg-embedded", "pywg-embedded"),
}
_PYTHON = ("a part of Python", "python3-light")
# OpenWrt's package of a shared library. In "{}", the name has the library's version.
_LIBRARIES = {
    "libcrypto": "libopenssl{}",
    "libffi": "libffi",
    "libpywg": "libpywg-sodium",
    "libsodium": "libsodium",
}
# The variant of libpywg that needs a library.
_VARIANTS = {"libcrypto": "libpywg-openssl", "libsodium": "libpywg-sodium"}
_FOLDERS = ["/usr/lib", "/lib"]
# The ends of the messages of glibc and musl about a library that does not exist.
_MISSING = (": cannot open shared object file", ": No such file or directory")


def install_hint(package: str) -> str:
    """Return how to install a package of OpenWrt, without its name elsewhere."""
    for path, install, _ in _MANAGERS:
        if os.path.exists(path):
            return f"run '{install} {package}'"
    return "install it"


def upgrade_hint(packages: str, parts: str) -> str:
    """Return how to upgrade packages of OpenWrt, or elsewhere the parts."""
    for path, _, upgrade in _MANAGERS:
        if os.path.exists(path):
            return f"run '{upgrade} {packages}'"
    return f"upgrade {parts}"


def library_package(library: str) -> str:
    """Return OpenWrt's package of a library such as ``libcrypto.so.3``, or ''."""
    name, _, version = library.partition(".so.")
    return _LIBRARIES.get(name, "").format(version)


def explain_load_error(error: Exception) -> str:
    """Return why a program cannot be loaded, and what to do about it."""
    if not isinstance(error, ImportError):
        text = f"{type(error).__name__}: {error}"
        return f"a file may be damaged ({text}): {_repair('pywg-embedded')}"
    module = (error.name or "").partition(".")[0]
    owner, package = _OWNERS.get(module, _PYTHON)
    library = _missing_library(str(error))
    if library:
        return _explain_library(owner, package, library, error)
    missing = isinstance(error, ModuleNotFoundError)
    state = "is missing" if missing else "cannot be loaded"
    return f"{owner} {state} ({error}): {install_hint(package)}"


def explain_libpywg_error(error: Exception) -> str:
    """Return why libpywg cannot be loaded, and what to do about it."""
    text = str(error)
    library = _missing_library(text)
    if library.startswith("libpywg."):
        return _explain_library("pywg-embedded", "pywg-embedded", library, error)
    name = library.partition(".so")[0]
    if name:
        variant = _VARIANTS.get(name, "libpywg-sodium")
        return _explain_library("libpywg", variant, library, error)
    if "symbol" in text:
        used = _library_used(text) or "libsodium"
        variant = _VARIANTS[used.partition(".so")[0]]
        hint = upgrade_hint(f"{variant} {library_package(used)}", "both")
        return f"libpywg does not fit the installed {used} ({text}): {hint}"
    return f"libpywg cannot be loaded ({text}): {_repair('libpywg-sodium')}"


def _explain_library(owner: str, package: str, library: str, error: Exception) -> str:
    """Return the message about a library that ``owner``, of ``package``, needs."""
    installed = _other_version(library)
    if installed:
        state = f"but {installed} is installed"
        hint = upgrade_hint(package, owner)
    else:
        state = "which is missing"
        provider = library_package(library)
        hint = install_hint(provider) if provider else "install its package"
    return f"{owner} needs {library}, {state} ({error}): {hint}"


def _missing_library(text: str) -> str:
    """Return the library that the loader did not find, or ''."""
    for end in _MISSING:
        before, found, _ = text.partition(end)
        name = os.path.basename(before.split()[-1]) if found and before.split() else ""
        if name.startswith("lib") and ".so" in name:
            return name
    return ""


def _other_version(library: str) -> str:
    """Return an installed library of the same name with another version, or ''."""
    start = library.partition(".so")[0] + ".so."
    found = [
        name
        for folder in _FOLDERS
        if os.path.isdir(folder)
        for name in sorted(os.listdir(folder))
        if name.startswith(start)
        and name[len(start) :].replace(".", "").isdigit()
        and name != library
    ]
    return min(found, key=len) if found else ""


def _library_used(text: str) -> str:
    """Return the crypto library that the libpywg named in a text needs, or ''."""
    paths = [word.strip("':") for word in text.split() if "libpywg.so" in word]
    for path in paths:
        if os.path.exists(path):
            with open(path, "rb") as file:
                content = file.read()
            for name in _VARIANTS:
                at = content.find(name.encode() + b".so.")
                if at >= 0:
                    return content[at : content.index(b"\0", at)].decode()
    return ""


def _repair(package: str) -> str:
    return f"remove {package}, then {install_hint(package)}"
