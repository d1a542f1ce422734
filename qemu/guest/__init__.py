"""What runs inside the machine: ``init`` starts it, ``checks`` is what it is for."""
