"""CTranslate2: models on disk, conversion, batches, replicas, streaming, calibration."""

from core.engine import kernels

kernels.choose()
