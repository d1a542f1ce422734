"""Paths of the checkout, and of what is built and cached in it."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LIBPYWG = CHECKOUT / "pywg_embedded/dataplane/libpywg"
CACHE = CHECKOUT / ".cache/cross"
BUILD = CHECKOUT / "build/cross"
