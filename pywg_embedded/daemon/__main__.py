"""``python -m pywg_embedded.daemon``, for use without an installed script."""

import sys

from .main import main

sys.exit(main())
