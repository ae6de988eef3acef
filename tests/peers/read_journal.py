#!/usr/bin/env python3
"""A second reader of the journal, written from docs/FORMAT.md alone; needs Python 3.8 and its standard library.

    read_journal.py [--keys KEYS] FOLDER
                                      checks a journal up to its durable head and prints what `wsusmigrate journal
                                      verify --json` prints about it
    read_journal.py --records FOLDER  prints each record, one line of JSON
    read_journal.py --golden FOLDER   decodes the golden records and compares each with its readable twin
    read_journal.py --tables FILE     compares the events and enumerations it knows with docs/FORMAT.md

The exit code is 0 when all is well and 1 otherwise; what is wrong is then in `findings`. Signatures are not checked
here, for want of Ed25519 in the standard library: tests/peers/check_proofs.py does.
"""

import argparse
import hashlib
import json
import re
import struct
import sys
from pathlib import Path

from bundle import Bundle
from event_bodies import BODIES, Hex, Malformed
from format_tables import differences
from journal_log import HEADER, Log, Record, crc32c, demand, parts, root

# What stands beside the key, and whether it bears a signature.
KEPT = [(".head", True), (".signing", False)]


class Head:
    """The durable head: the slot of the higher generation."""

    def __init__(self, data):
        slots = [slot for slot in map(self.slot, (data[:4096], data[4096:8192])) if slot]
        demand(slots, "no slot of the head is whole")
        _, self.stream, self.size, self.first, self.offset, self.leaf, self.commit = max(slots)

    @staticmethod
    def slot(data):
        if len(data) < 96 or data[:4] != b"WMHD" or struct.unpack_from(">I", data, 4)[0] != crc32c(data[8:96]):
            return None
        return struct.unpack_from(">Q16sQQQ32sQ", data, 8)


class Journal(Log):
    """A journal's folder, checked up to its durable head; `keys` is the folder of its key, where it can be read."""

    def __init__(self, folder, keys=None):
        self.folder, self.keys_folder = folder, keys
        self.head = Head((folder / "head").read_bytes())
        super().__init__(self.head.size, self.head.stream)
        end = (0, self.read_log(0))
        while len(self.records) < self.head.size:
            first = len(self.records)
            demand(first != end[0], f"the log ends after {first} records, the head says {self.head.size}")
            end = (first, self.read_log(first))
        demand(len(self.records) == self.head.size, "the head's size lies within a commit")
        demand(end == (self.head.first, self.head.offset), "the head's end is not the log's")
        demand(self.last_leaf() == self.head.leaf, "the head's leaf hash is not that of the last record")
        demand(self.commit == self.head.commit, "the head's commit number is not that of the last commit")
        self.read_behind_head(*end)

    def log_file(self, first):
        return self.folder / "log" / f"{first:020}.log"

    def read_log(self, first):
        path = self.log_file(first)
        demand(path.is_file(), f"{path.name} is missing")
        return self.read_file(first, path.read_bytes(), path.name)

    def read_behind_head(self, first, offset):
        """After a power cut the head may be older than what was signed: as far as that speaks of records, they count."""
        stated = [self.head.size, *(int(note.name) for note in self.notes()), *self.kept_sizes()]
        self.size = max(stated)
        goes_on = True
        while goes_on:
            path = self.log_file(first)
            self.read_on(path.read_bytes(), offset, path.name)
            begun, first, offset = first, len(self.records), HEADER
            path = self.log_file(first)
            goes_on = begun < first < self.size and path.is_file() and self.is_next(first, path.read_bytes(), path.name)
        # What nobody speaks of may be an append in flight.
        del self.records[max(size for size in stated if size <= len(self.records)) :]

    def note(self, size):
        path = self.folder / "checkpoints" / f"{size:020}"
        return path.read_bytes() if path.is_file() else None

    def check_checkpoint(self, path):
        demand(path.is_file(), f"checkpoint {path.name}: no file")
        self.check_note(path.read_bytes(), f"checkpoint {path.name}", int(path.name))

    def kept(self):
        """The notes beside the key: what was signed last, and what was about to be, which nobody has signed."""
        stream = self.origin()[0].rsplit("/", 1)[1]
        files = [(self.keys_folder / f"{stream}{ending}", signed) for ending, signed in (KEPT if self.keys_folder else ())]
        return [file for file in files if file[0].exists()]

    def kept_sizes(self):
        """What the notes beside the key speak of, as far as they say it."""
        for path, _ in self.kept():
            try:
                yield self.kept_size(path)
            except (ValueError, OSError):
                continue

    def kept_size(self, path):
        """The size stands in the second line of a note."""
        size = parts(path.read_bytes())[0].split("\n")[1:2]
        demand(size and re.fullmatch("[1-9][0-9]{0,18}", size[0]), f"{path.name}: no size")
        return int(size[0])

    def check_kept(self, file):
        """Demands that a note beside the key says what the records say."""
        path, signed = file
        size = self.kept_size(path)
        self.check_note(path.read_bytes(), path.name, size, signed)
        return size

    def notes(self):
        return sorted((self.folder / "checkpoints").glob("[0-9]" * 20))

    def check_evidence(self, digest):
        path = self.folder / "evidence" / digest
        demand(path.is_file(), f"evidence {digest} is missing")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        demand(found == digest, f"evidence {digest}: the content's hash is {found}")

    def imports(self):
        """What was recorded of each imported stream, oldest first."""
        streams = {}
        for said in (record.say() for record in self.records if record.code == 0x010D):
            if said["event"]:
                streams.setdefault(said["fields"]["stream"], []).append(said["fields"])
        return streams.values()

    def check_import(self, imports):
        """Demands that the newest bundle of a stream is there, and is what was recorded each time."""
        stream, size = imports[-1]["stream"], imports[-1]["size"]
        path = self.folder / "streams" / stream / f"{size:020}.tar"
        demand(path.is_file(), f"imported stream {stream}: {size:020}.tar is missing")
        bundle = Bundle(path.read_bytes(), path.name)
        for said in imports:
            key = hashlib.sha256(bundle.origin()[1]).hexdigest()
            demand((stream, key) == (bundle.stream_id(), said["key"]), f"{path.name}: not the stream that was recorded")
            size = said["size"]
            demand(size <= bundle.size, f"{path.name}: {bundle.size} records, {size} were recorded")
            found = root(record.leaf for record in bundle.records[:size]).hex()
            demand(found == said["root"], f"{path.name}: another root over the first {size} records")

    def duplicates(self):
        """The records whose event stands in the log already."""
        first = {}
        for record in self.records:
            if first.setdefault(record.event_id(), record.seq) != record.seq:
                yield f"record {record.seq}: its event id is also that of record {first[record.event_id()]}"

    def figures(self):
        """What `journal verify --json` says; a finding is one sentence here."""
        findings = []

        def sound(check, value):
            try:
                return check(value) or True
            except ValueError as error:
                findings.append(str(error))
                return False

        notes = [int(note.name) for note in self.notes() if sound(self.check_checkpoint, note)]
        # Beside the key stands a size, of what was signed and of what was about to be.
        kept = [(sound(self.check_kept, file), file[1]) for file in self.kept()]
        size, signed = len(self.records), max(notes + [size for size, is_signed in kept if is_signed], default=0)
        for duplicate in self.duplicates():
            findings.append(duplicate)
        if all([sound(Record.say, record) for record in self.records]):
            for digest in self.named_evidence():
                sound(self.check_evidence, digest)
            for imports in self.imports():
                sound(self.check_import, imports)
        return {
            "checkpoint_size": max(notes, default=None),
            "consistent_with_size": None,
            "findings": findings,
            "key_folder_size": max((size for size, _ in kept if size), default=None),
            "left_out": [],
            "origin": self.origin()[0],
            "root": root(record.leaf for record in self.records).hex().upper(),
            "size": size,
            "sound": not findings,
            "uncompared_checkpoint_size": None,
            "unsigned_from": signed if signed < size else None,
            "unsigned_records": size - signed,
        }


def camel(name):
    return "".join(part.capitalize() for part in name.split("-"))


def same(mine, theirs):
    """Whether two values are one; of bytes in hexadecimal, the case does not matter."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return list(mine) == list(theirs) and all(same(mine[name], theirs[name]) for name in mine)
    if isinstance(mine, Hex) and isinstance(theirs, str):
        return mine == theirs.lower()
    return mine == theirs and type(mine) in (type(theirs), Hex)


def check_golden(path):
    """Decodes one golden record and compares it, and its file's name, with its twin."""
    record = Record(bytes.fromhex(path.read_text()))
    said = record.say()
    demand(said["event"], f"{path.name}: unknown type or version")
    name = f"{said['code'].lower()}.{said['event']}.v{said['version']}.hex"
    demand(path.name == name, f"{path.name}: the bytes are those of {name}")
    twin = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    noun, name = map(camel, said["event"].split("."))
    demand(list(twin["event"]) == [noun], f"{path.name}: the twin is no {noun}")
    ((told, fields),) = twin["event"][noun].items()
    demand(told in (name, noun + name), f"{path.name}: the twin is a {told}")
    for part, mine, theirs in [
        ("sequence", record.seq, twin["seq"]),
        ("envelope", said["envelope"], twin["envelope"]),
        ("fields", said["fields"], fields),
    ]:
        demand(same(mine, theirs), f"{path.name}: {part}: {mine} here, {theirs} in the twin")


def golden(folder):
    """Compares every golden record with its twin."""
    paths, findings = sorted(folder.glob("*.hex")), []
    for path in paths:
        try:
            check_golden(path)
        except ValueError as error:
            findings.append(str(error))
    return {"records": len(paths), "findings": findings, "sound": not findings}


def tables(document):
    """Compares what is known here with what the document says there is."""
    findings = list(differences(document.read_text(encoding="utf-8")))
    return {"shapes": len(BODIES), "findings": findings, "sound": not findings}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--records", action="store_true", help="print the records")
    choice.add_argument("--golden", action="store_true", help="compare golden records with their twins")
    choice.add_argument("--tables", action="store_true", help="compare what is known with docs/FORMAT.md")
    parser.add_argument("--keys", type=Path, help="the folder of the key: what stands beside it is compared too")
    parser.add_argument("path", type=Path)
    asked = parser.parse_args()
    try:
        if asked.records:
            for record in Journal(asked.path).records:
                print(json.dumps(record.say(), sort_keys=True))
            return 0
        if asked.tables:
            figures = tables(asked.path)
        elif asked.golden:
            figures = golden(asked.path)
        else:
            figures = Journal(asked.path, asked.keys).figures()
    except (Malformed, OSError) as error:
        figures = {"findings": [str(error)], "sound": False}
    print(json.dumps(figures, indent=2, sort_keys=True))
    return 0 if figures["sound"] else 1


if __name__ == "__main__":
    sys.exit(main())
