"""What the router's own configuration, UCI, says of an interface, and back."""
