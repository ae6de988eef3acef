"""Holds the tables of event_bodies.py against the document they were written from.

The golden records have one value of an enumeration each; a number that was added to docs/FORMAT.md alone shows here.
"""

import re

from event_bodies import BODIES, ENUMERATIONS

ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \|", re.MULTILINE)
EVENT = re.compile(r"^\| ([0-9A-F]{4})(?:, version (\d+))? \| ([a-z]+\.[a-z-]+) \|", re.MULTILINE)
NUMBERS = re.compile(r"\d+ [a-z][a-z.-]*(?:, \d+ [a-z][a-z.-]*)*")


def kinds(label):
    """Which enumerations a row `field` or `field (code, ...)` of the document is about."""
    field, _, codes = label.rstrip(")").partition(" (")
    if not codes:
        return {field}
    shapes = [BODIES.get((int(code, 16), 1), ("", ""))[1] for code in codes.split(", ")]
    pairs = [pair.split(":") for shape in shapes for pair in shape.split()]
    return {kind for name, kind in pairs if name == field}


def differences(document):
    """One sentence for each thing the tables and the document say differently."""
    events = {(int(code, 16), int(version or 1)): name for code, version, name in EVENT.findall(document)}
    ours = {key: name for key, (name, _) in BODIES.items()}
    for code, version in sorted(key for key in events.keys() | ours.keys() if events.get(key) != ours.get(key)):
        yield f"event {code:04X} version {version}: {ours.get((code, version))} here, {events.get((code, version))} there"
    told = {}
    for label, numbers in ROW.findall(document):
        if NUMBERS.fullmatch(numbers):
            pairs = (pair.split(" ") for pair in numbers.split(", "))
            told.update(dict.fromkeys(kinds(label), {int(number): name for number, name in pairs}))
    for kind in sorted(kind for kind in told.keys() | ENUMERATIONS.keys() if told.get(kind) != ENUMERATIONS.get(kind)):
        yield f"{kind}: {ENUMERATIONS.get(kind)} here, {told.get(kind)} there"
