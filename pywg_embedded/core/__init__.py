"""The WireGuard protocol as a sans-IO library.

No socket, file, clock or randomness of its own, and nothing that MicroPython lacks.
"""
