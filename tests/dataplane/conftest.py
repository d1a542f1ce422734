"""Every plane there is, between ends that a test holds."""

from collections.abc import Callable, Iterator

import pytest

from pywg_embedded.dataplane import reference
from pywg_embedded.dataplane.limits import Limits

from .rig import MakePlane, Rig

PLANES: dict[str, MakePlane] = {"reference": reference.Plane}


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
