"""pywg: the control tool, wg(8)'s subcommands and output."""
