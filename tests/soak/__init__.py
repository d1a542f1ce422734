"""Tests repeated for as long as it takes to meet what happens rarely."""
