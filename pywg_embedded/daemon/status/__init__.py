"""The status of the interface and its peers, with diagnoses, events and byte rates."""
