"""Configuration as text: parsers and formatters, and the configuration diff."""
