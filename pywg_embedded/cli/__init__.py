"""``pywg``: the control tool, with the subcommands and output of wg(8)."""
