"""The code that runs inside a virtual machine; ``init`` starts it."""
