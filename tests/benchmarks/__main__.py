"""`make bench`: everything that is measured, one table after the other."""

import asyncio

from tests.benchmarks import emulators, pipeline

for each in (pipeline, emulators):
    asyncio.run(each.main())
