#!/usr/bin/env python3
"""seeds.py GOLDEN JOURNAL BUNDLE CORPUS: what the targets begin with, from the golden records, a journal and its bundle."""

import sys
from pathlib import Path

# Engines, places of secrets, paths, and what has to be quoted.
NAMES = [
    "auto", "wid", "wid-2008", "HOST", "HOST\\INSTANCE", "HOST,1433", "\\\\.\\pipe\\MICROSOFT##WID\\tsql\\query", "prompt",
    "tcp:HOST,1433", "np:\\\\HOST\\pipe\\sql\\query", "unix:/run/sql.sock", "[fe80::1%4],1433", "::1\\INSTANCE", "(local)",
    "env:NAME", "file:C:\\secret.txt", "C:\\Backup\\SUSDB.bak", "\\\\host\\share\\SUSDB.bak", "/var/opt/mssql/data/SUSDB.mdf",
    "D:\\O'Brien's [store]\\SUSDB.bak", "OLD]DOMAIN\\USER$", "6F9619FF-8B86-D011-B42D-00C04FC964FF",
]

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
for number, name in enumerate(NAMES):
    seed("names", str(number), name.encode())
for mended in (0, 1):
    seed("bundle", f"whole-{mended}", bytes([mended]) + bundle.read_bytes())
