"""`make bench-kb`; with `--calibrate`, thresholds are found anew and stored first."""

import asyncio
import sys

from tests.benchmarks.kb import answers, grounding, language, recall

CALIBRATE = "--calibrate" in sys.argv

asyncio.run(language.main())
asyncio.run(grounding.main(calibrate=CALIBRATE))
asyncio.run(recall.main())
asyncio.run(answers.main(calibrate=CALIBRATE))
