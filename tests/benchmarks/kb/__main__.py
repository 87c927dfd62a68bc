"""`make bench-kb`; with `--calibrate`, thresholds are found anew and stored first."""

import asyncio
import sys

from tests.benchmarks.kb import grounding, language

asyncio.run(language.main())
asyncio.run(grounding.main(calibrate="--calibrate" in sys.argv))
