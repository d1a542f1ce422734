"""Searches the memory of a process for secrets."""

from base64 import b64encode
from pathlib import Path


def read_memory(pid: int | str) -> list[bytes]:
    """Return the content of each readable mapping of a process."""
    mappings = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, mode, *_ = line.split()
            if not mode.startswith("r") or line.endswith(("[vvar]", "[vsyscall]")):
                continue
            start, end = (int(address, 16) for address in addresses.split("-"))
            memory.seek(start)
            try:
                mappings.append(memory.read(end - start))
            except OSError:
                pass  # a mapping of a device
    return mappings


def pieces(secret: bytes) -> dict[str, list[bytes]]:
    """Return pieces of a key as it may stand in memory, by the name of the form.

    An allocator writes into memory that is free: a part of a key may be left.
    """
    text = secret.hex()
    forms = {
        "raw": secret,
        "hex": text.encode(),
        "HEX": text.upper().encode(),
        "base64": b64encode(secret),
    }
    size = 12
    return {
        name: [form[at : at + size] for at in range(0, len(form) - size + 1, 6)]
        for name, form in forms.items()
    }


def find_secrets(pid: int | str, secrets: dict[str, bytes]) -> set[str]:
    """Return which of the secrets are in the memory of a process, and in which form."""
    mappings = read_memory(pid)
    return {
        f"{name}, {form}"
        for name, secret in secrets.items()
        for form, parts in pieces(secret).items()
        if any(part in mapping for mapping in mappings for part in parts)
    }
