"""The WireGuard protocol as a sans-IO library.

It opens no socket or file, reads no clock and draws no random numbers: all of that is
handed in. It imports only what MicroPython has.
"""
