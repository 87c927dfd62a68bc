"""`make bench-privacy`; with a file, false alarms on ordinary texts of others in it are counted, too."""

import sys
from pathlib import Path

from tests.benchmarks.privacy import detection, safety

faults = "--faults" in sys.argv
files = [Path(each) for each in sys.argv[1:] if not each.startswith("--")]
detection.main(show_faults=faults)
safety.main(files[0] if files else None, show_faults=faults)
