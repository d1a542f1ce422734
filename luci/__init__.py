"""What LuCI shows of us: the package luci-proto-pywg, and what checks it."""
