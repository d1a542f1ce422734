"""Packages for OpenWrt: a feed, a builder without the SDK, and releases."""
