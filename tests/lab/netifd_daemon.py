"""``pywgd --netifd`` for tests: the ubusd of the lab, and endless patience with it.

Its arguments are the socket of ubusd, a folder for records of starts, and those of
pywgd. With a limit to waiting, a daemon that waits would go on by itself in the end.
"""

import sys
import time

from pywg_embedded.daemon import main
from pywg_embedded.daemon.openwrt.restart_backoff import RestartBackoff
from pywg_embedded.openwrt import ubus

_PATIENCE = 86_400.0


def run() -> int:
    """Run the daemon and return its exit code."""
    _, path, folder, *arguments = sys.argv
    ubus.UbusClient.__init__.__defaults__ = (
        (path,),
        time.monotonic,
    )
    ubus._TIMEOUT_SECONDS = _PATIENCE
    RestartBackoff.__init__.__defaults__ = (folder,)
    vars(main)["Syslog"] = lambda: None
    sys.argv = ["pywgd", *arguments]
    return main.main()


if __name__ == "__main__":
    sys.exit(run())
