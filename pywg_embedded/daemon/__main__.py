"""``python -m pywg_embedded.daemon``, where no script is installed."""

import sys

from .main import main

sys.exit(main())
