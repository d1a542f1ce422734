"""The configuration of the router as text, as objects, and as netifd hears it."""
