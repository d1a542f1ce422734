"""The data plane in plain Python: the oracle, and the plane of last resort."""

from .plane import Plane

__all__ = ["Plane"]
