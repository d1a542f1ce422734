"""The tests of the data plane again, with sanitizers in libpywg."""
