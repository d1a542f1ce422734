"""rtnetlink: the state and configuration of links, addresses and routes."""
