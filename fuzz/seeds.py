#!/usr/bin/env python3
"""seeds.py GOLDEN JOURNAL BUNDLE CORPUS: what the targets begin with, from the golden records, a journal and its bundle."""

import sys
from pathlib import Path

golden, journal, bundle, corpus = map(Path, sys.argv[1:])


def seed(target, name, data):
    folder = corpus / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


for record in golden.glob("*.hex"):
    seed("record", record.stem, bytes.fromhex(record.read_text()))
for log in (journal / "log").glob("*.log"):
    # Behind its end the file is filled with zeros; a few of them are enough.
    data = log.read_bytes().rstrip(b"\0") + bytes(64)
    for mended in (0, 1):
        seed("log_file", f"{log.stem}-{mended}", bytes([mended]) + data)
        seed("log_file", f"{log.stem}-{mended}-short", bytes([mended]) + data[:2048])
for note in (journal / "checkpoints").iterdir():
    seed("checkpoint_note", note.name, note.read_bytes())
for mended in (0, 1):
    seed("bundle", f"whole-{mended}", bytes([mended]) + bundle.read_bytes())
