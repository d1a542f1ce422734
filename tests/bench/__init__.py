"""Benchmarks of pywgd and wireguard-go on the same machine, in turns."""
