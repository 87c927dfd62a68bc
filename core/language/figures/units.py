"""Units: what they measure, and how many of its base one is."""

from collections.abc import Mapping
from fractions import Fraction

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_TABLE = {
    "millisecond": {"ms": 1, "millisecond milliseconds": 1},
    "second": {
        "s sec secs second seconds": 1,
        "min mins minute minutes": _MINUTE,
        "h hr hrs hour hours": _HOUR,
        "day days": _DAY,
        "week weeks": 7 * _DAY,
    },
    "working day": {"working_day working_days business_day business_days": 1},
    "month": {
        "month months": 1,
        "quarter quarters": 3,
        "year years yr yrs": 12,
        "decade decades": 120,
        "century centuries": 1200,
    },
    "byte": {
        "byte bytes": 1,
        "kb kilobyte kilobytes": 10**3,
        "mb megabyte megabytes": 10**6,
        "gb gigabyte gigabytes": 10**9,
        "tb terabyte terabytes": 10**12,
        "kib": 2**10,
        "mib": 2**20,
        "gib": 2**30,
        "tib": 2**40,
    },
    "bit": {"bit bits": 1, "kbit": 10**3, "mbit mbps": 10**6, "gbit gbps": 10**9},
    "millimetre": {
        "mm millimetre millimetres millimeter millimeters": 1,
        "cm centimetre centimetres centimeter centimeters": 10,
        "metre metres meter meters": 10**3,
        "km kilometre kilometres kilometer kilometers": 10**6,
    },
    "foot": {"ft foot feet": 1},
    "inch": {"inch inches": 1},
    "yard": {"yard yards": 1},
    "mile": {"mi mile miles": 1},
    "acre": {"acre acres": 1},
    "milligram": {
        "mg milligram milligrams": 1,
        "g gram grams": 10**3,
        "kg kilo kilos kilogram kilograms": 10**6,
        "tonne tonnes": 10**9,
    },
    "ounce": {"oz ounce ounces": 1},
    "pound of weight": {"lb lbs": 1},
    "ton": {"ton tons": 1},
    "millilitre": {"ml millilitre millilitres": 1, "l litre litres liter liters": 10**3},
    "gallon": {"gallon gallons": 1},
    "celsius": {"°c celsius": 1},
    "fahrenheit": {"°f fahrenheit": 1},
    "degree": {"° degree degrees": 1},
    "kilowatt": {"kw kilowatt kilowatts": 1, "mw megawatt megawatts": 10**3},
    "kilowatt hour": {"kwh": 1},
    "hertz": {"hz": 1, "khz": 10**3, "mhz": 10**6, "ghz": 10**9},
    "kilometre an hour": {"km/h kph": 1},
    "mile an hour": {"mph": 1},
    "percent": {"% percent per_cent": 1},
    "percentage point": {"percentage_point percentage_points": 1},
    "dollar": {"$ us$ usd dollar dollars": 1},
    "euro": {"€ eur euro euros": 1},
    "pound": {"£ gbp pound pounds": 1},
    "franc": {"chf franc francs": 1},
    "yen": {"¥ jpy yen": 1},
    "rupee": {"₹ inr rupee rupees": 1},
    "cent": {"¢ cent cents": 1},
    "fold": {"x times": 1},
}
UNITS: Mapping[str, tuple[str, Fraction]] = {
    name.replace("_", " "): (measured, Fraction(factor))
    for measured, names in _TABLE.items()
    for spellings, factor in names.items()
    for name in spellings.split()
}
"""What each spelling measures, and how many of the base it is; a month is no number of days."""
CURRENCIES = ("us$", "$", "€", "£", "¥", "₹", "usd", "eur", "gbp", "chf", "jpy", "inr")
"""What may stand before its number."""
SCALES: Mapping[str, int] = {
    "hundred": 10**2,
    "thousand": 10**3,
    "k": 10**3,
    "million": 10**6,
    "mn": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "trillion": 10**12,
}
