"""The benchmark: ours beside wireguard-go, on the same machine, in turns."""
