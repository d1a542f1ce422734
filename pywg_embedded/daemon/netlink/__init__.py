"""rtnetlink: our link, its addresses and routes, and the routes to the peers."""
