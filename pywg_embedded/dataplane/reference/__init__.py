"""The reference plane: the data plane in Python, oracle and fallback."""

from .plane import Plane

__all__ = ["Plane"]
