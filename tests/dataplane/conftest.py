"""Fixtures: each data plane, in a rig."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pywg_embedded.dataplane import native, reference
from pywg_embedded.dataplane.limits import Limits

from .rig import MakePlane, Rig


class StoppedPlane(native.Plane):
    """libpywg with the clock of the test."""

    def __init__(self, tun: int, limits: Limits, clock: Callable[[], int]) -> None:
        self._clock = clock
        super().__init__(tun, limits)

    def _call(self, name: str, *arguments: Any) -> int:
        if name != "set_time":
            self.stop_clock(self._clock())
        return super()._call(name, *arguments)


class TwoThreadedPlane(StoppedPlane):
    """libpywg with the clock of the test and an rx thread."""

    def __init__(self, tun: int, limits: Limits, clock: Callable[[], int]) -> None:
        self._clock = clock
        native.Plane.__init__(self, tun, limits, threads=2)

    def wait(self, timeout: int | None) -> list[tuple[Any, ...]]:
        # With a timeout of 0 the rx thread would not run.
        return super().wait(timeout or 1)


PLANES: dict[str, MakePlane] = {
    "reference": reference.Plane,
    "libpywg": StoppedPlane,
    "libpywg-two-threads": TwoThreadedPlane,
}


@pytest.fixture(params=PLANES)
def make_plane(request: pytest.FixtureRequest) -> MakePlane:
    return PLANES[request.param]


@pytest.fixture
def make_rig(make_plane: MakePlane) -> Iterator[Callable[[Limits], Rig]]:
    rigs: list[Rig] = []

    def make(limits: Limits) -> Rig:
        rigs.append(Rig(make_plane, limits))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()


@pytest.fixture
def rig(make_rig: Callable[[Limits], Rig]) -> Rig:
    return make_rig(Limits())
