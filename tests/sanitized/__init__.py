"""The tests again, with a libpywg that watches its own memory."""
