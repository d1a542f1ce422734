"""Text to plain configuration objects and back; runs under MicroPython too."""
