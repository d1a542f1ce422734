"""The error that ends the making of a release."""


class ReleaseError(Exception):
    """A release cannot be made; the text says why, and what to do."""
