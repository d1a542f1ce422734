"""The compared implementations and their commands."""

from dataclasses import dataclass

from tests.lab.wireguard import IMPLEMENTATIONS, WIREGUARD_GO

from . import wireguard_go_package

OURS, THEIRS, IN_PYTHON = "pywgd", "wireguard-go", "pywgd-python"
ROOM_FOR_PEERS = 1100
ROOM_FOR_ALLOWED_IPS = 140_000
_ROOM = (
    "--max-peers",
    str(ROOM_FOR_PEERS),
    "--max-allowed-ips",
    str(ROOM_FOR_ALLOWED_IPS),
)


@dataclass(frozen=True)
class Program:
    """An implementation; ``room`` holds the options for large tables."""

    name: str
    command: tuple[str, ...]
    version: str = "this checkout"
    room: tuple[str, ...] = ()

    @property
    def with_room(self) -> tuple[str, ...]:
        return self.command + self.room


def programs() -> dict[str, Program]:
    """Return the implementations by name, pywgd first."""
    path, version = wireguard_go_package.wireguard_go()
    return {
        OURS: Program(OURS, IMPLEMENTATIONS[OURS], room=_ROOM),
        THEIRS: Program(THEIRS, (path or WIREGUARD_GO,), version),
        IN_PYTHON: Program(IN_PYTHON, IMPLEMENTATIONS[IN_PYTHON], room=_ROOM),
    }
