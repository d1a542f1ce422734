"""The unit tests again, under the newest CPython that Debian's suites carry."""
