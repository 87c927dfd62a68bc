"""`make bench-privacy`."""

import sys

from tests.benchmarks.privacy import detection

detection.main(show_faults="--faults" in sys.argv)
