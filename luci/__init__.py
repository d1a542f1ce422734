"""The LuCI package luci-proto-pywg: its sources, translations and lint rules."""
