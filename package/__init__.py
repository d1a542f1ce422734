"""Packages for OpenWrt; ``builder`` makes them without OpenWrt's own tools."""
