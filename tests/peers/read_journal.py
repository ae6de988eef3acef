#!/usr/bin/env python3
"""A second reader of the journal, written from docs/FORMAT.md alone; needs Python 3.8 and its standard library.

    read_journal.py FOLDER            checks a journal up to its durable head and prints what `wsusmigrate journal
                                      verify --json` prints about it
    read_journal.py --records FOLDER  prints each record, one line of JSON
    read_journal.py --golden FOLDER   decodes the golden records and compares each with its readable twin
    read_journal.py --tables FILE     compares the events and enumerations it knows with docs/FORMAT.md

The exit code is 0 when all is well and 1 otherwise; what is wrong is then in `findings`. Signatures are not checked
here, for want of Ed25519 in the standard library: tests/peers/check_proofs.py does.
"""

import argparse
import base64
import hashlib
import json
import re
import struct
import sys
from pathlib import Path

from event_bodies import BODIES, Hex, Malformed, decode
from format_tables import differences

BODY_MAX = 4_194_304
FILE_MAX = 64 * 1024 * 1024
PAYLOAD_MIN, PAYLOAD_MAX = 44, 4096
NO_HASH = bytes(32)


def crc_table():
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


CRC_TABLE = list(crc_table())


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def demand(holds, otherwise):
    if not holds:
        raise Malformed(otherwise)


def leaf_hash(payload):
    return hashlib.sha256(b"\0" + payload).digest()


def root(leaves):
    """RFC 6962's MTH, by joining neighbours level by level; a last one without a neighbour goes up as it is."""
    level = list(leaves) or [hashlib.sha256(b"").digest()]
    while len(level) > 1:
        pairs = zip(level[0::2], level[1::2])
        odd = level[len(level) & ~1 :]
        level = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs] + odd
    return level[0]


def note_parts(path):
    """What is signed, and the lines of the signatures."""
    text, _, signatures = path.read_bytes().decode("utf-8").partition("\n\n")
    return text + "\n", signatures.split("\n")


def signature_by(lines, origin, key):
    """The signature a note has in the name of a key; those of others may be of any shape."""
    key_hash = hashlib.sha256(origin.encode() + b"\n\1" + key).digest()[:4]
    beginning = f"\N{EM DASH} {origin} "
    for line in lines:
        try:
            blob = base64.b64decode(line[len(beginning) :], validate=True) if line.startswith(beginning) else b""
        except ValueError:
            continue
        if blob[:4] == key_hash and len(blob) == 68:
            return blob[4:]
    return None


class Record:
    """A payload, its sequence, the record before it, and what it says."""

    def __init__(self, payload):
        self.payload = payload
        self.code, self.version, self.seq, self.previous = struct.unpack_from(">HHQ32s", payload)
        self.leaf = leaf_hash(payload)

    def say(self):
        envelope, name, body = decode(self.code, self.version, self.payload[PAYLOAD_MIN:])
        return {
            "seq": self.seq,
            "code": f"{self.code:04X}",
            "version": self.version,
            "leaf": self.leaf.hex(),
            "previous": self.previous.hex(),
            "envelope": envelope,
            "event": name,
            "fields": body,
        }


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


class Journal:
    """A journal's folder, checked up to its durable head."""

    def __init__(self, folder):
        self.folder = folder
        self.head = Head((folder / "head").read_bytes())
        self.records, self.commit = [], 0
        end = (0, self.read_file(0))
        while len(self.records) < self.head.size:
            first = len(self.records)
            demand(first != end[0], f"the log ends after {first} records, the head says {self.head.size}")
            end = (first, self.read_file(first))
        demand(len(self.records) == self.head.size, "the head's size lies within a commit")
        demand(end == (self.head.first, self.head.offset), "the head's end is not the log's")
        demand(self.last_leaf() == self.head.leaf, "the head's leaf hash is not that of the last record")
        demand(self.commit == self.head.commit, "the head's commit number is not that of the last commit")

    def last_leaf(self):
        return self.records[-1].leaf if self.records else NO_HASH

    def read_file(self, first):
        """Takes the commits of one file; returns the offset of their end."""
        path = self.folder / "log" / f"{first:020}.log"
        demand(path.is_file(), f"{path.name} is missing")
        data = path.read_bytes()
        demand(FILE_MAX >= len(data) >= 72 and data[:8] == b"WSUSMLOG", f"{path.name} is no log file")
        version, zero, stream, named, before, crc = struct.unpack_from(">HH16sQ32sI", data, 8)
        demand(crc == crc32c(data[:68]), f"{path.name}: the header's checksum is wrong")
        demand(version == 1, f"{path.name}: format version {version}, this reader knows 1")
        demand((zero, stream, named) == (0, self.head.stream, first), f"{path.name}: not this file's header")
        demand(before == self.last_leaf(), f"{path.name}: does not continue the file before it")
        offset = 72
        while len(self.records) < self.head.size and data[offset : offset + 4] == b"WMCF":
            offset = self.read_commit(data, offset, path.name)
        return offset

    def read_commit(self, data, offset, name):
        where = f"{name} at {offset}"
        demand(offset + 32 <= len(data), f"{where}: the commit's header is cut off")
        crc, number, first, count, length = struct.unpack_from(">IQQII", data, offset + 4)
        demand(crc == crc32c(data[offset + 8 : offset + 32]), f"{where}: the commit's checksum is wrong")
        demand(number == self.commit + 1, f"{where}: commit {number} after commit {self.commit}")
        demand(first == len(self.records), f"{where}: begins with {first}, not {len(self.records)}")
        demand(count >= 1 and length <= BODY_MAX, f"{where}: {count} records in {length} bytes")
        at, end = offset + 32, offset + 32 + length
        demand(end <= len(data), f"{where}: the commit's body is cut off")
        for _ in range(count):
            at = self.read_record(data, at, end, name)
        demand(at == end, f"{where}: the body does not end with its last record")
        self.commit = number
        return end

    def read_record(self, data, at, end, name):
        seq = len(self.records)
        where = f"record {seq} ({name} at {at})"
        demand(at + 8 <= end, f"{where}: cut off")
        length, crc = struct.unpack_from(">II", data, at)
        demand(PAYLOAD_MIN <= length <= PAYLOAD_MAX and at + 8 + length <= end, f"{where}: {length} bytes long")
        payload = data[at + 8 : at + 8 + length]
        demand(crc == crc32c(data[at : at + 4] + payload), f"{where}: the checksum is wrong")
        record = Record(payload)
        demand(record.seq == seq, f"{where}: calls itself {record.seq}")
        demand(record.previous == self.last_leaf(), f"{where}: does not continue record {seq - 1}")
        self.records.append(record)
        return at + 8 + length

    def origin(self):
        """What the checkpoints are about, and the key that signs the first of them, from the first record."""
        demand(self.records, "no record says whose journal this is")
        first = self.records[0].say()
        demand(first["event"] == "run.journal-created", "the first record does not create the journal")
        fields = first["fields"]
        demand(fields["stream"].replace("-", "") == self.head.stream.hex(), "record 0 is of another stream")
        host = re.sub(rb"[^A-Za-z0-9._-]", lambda at: b"%%%02X" % at[0][0], fields["host"].encode()).decode()
        key = bytes.fromhex(fields["public_key"])
        return f"wsusmigrate/{fields['migration']}/{host}/{fields['stream']}", key

    def keys(self):
        """The keys that sign, each with the smallest size it signs. A rotation counts if both have signed behind it."""
        origin, key = self.origin()
        keys = [(1, key)]
        for record in self.records:
            said = record.say() if record.code == 0x010B else {"event": None}
            note = self.folder / "checkpoints" / f"{record.seq + 1:020}"
            if said["event"] != "run.key-rotated" or not note.is_file():
                continue
            old, new = (bytes.fromhex(said["fields"][field]) for field in ("old_key", "new_key"))
            _, signatures = note_parts(note)
            if old == keys[-1][1] and all(signature_by(signatures, origin, key) for key in (old, new)):
                keys.append((record.seq + 1, new))
        return keys

    def key(self, size):
        """The key that signs a checkpoint of this size."""
        return [key for first, key in self.keys() if first <= size][-1]

    def checkpoint_text(self, size):
        tree = base64.b64encode(root(record.leaf for record in self.records[:size])).decode()
        return f"{self.origin()[0]}\n{size}\n{tree}\n"

    def check_note(self, path):
        """Demands that a note says what the records say, and is signed in the name of the journal's key."""
        size = int(path.name)
        text, signatures = note_parts(path)
        demand(text == self.checkpoint_text(size), f"checkpoint {size}: not what the records say")
        signature = signature_by(signatures, self.origin()[0], self.key(size))
        demand(signature, f"checkpoint {size}: no signature in the name of the key that counts there")

    def notes(self):
        return sorted((self.folder / "checkpoints").glob("[0-9]" * 20))

    def check_evidence(self, path):
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        demand(found == path.name, f"evidence {path.name}: the content's hash is {found}")

    def figures(self):
        """What `journal verify --json` says; a finding is one sentence here."""
        findings = []

        def sound(check, value):
            try:
                check(value)
                return True
            except ValueError as error:
                findings.append(str(error))
                return False

        within = [note for note in self.notes() if int(note.name) <= len(self.records)]
        beyond = [int(note.name) for note in self.notes() if note not in within]
        signed = [int(note.name) for note in within if sound(self.check_note, note)]
        for path in sorted((self.folder / "evidence").glob("[0-9a-f]" * 64)):
            sound(self.check_evidence, path)
        for record in self.records:
            sound(Record.say, record)
        return {
            "checkpoint_size": max(signed, default=None),
            "consistent_with_size": None,
            "findings": findings,
            "origin": self.origin()[0],
            "root": root(record.leaf for record in self.records).hex().upper(),
            "size": len(self.records),
            "sound": not findings,
            "uncompared_checkpoint_size": max(beyond, default=None),
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
            figures = Journal(asked.path).figures()
    except (Malformed, OSError) as error:
        figures = {"findings": [str(error)], "sound": False}
    print(json.dumps(figures, indent=2, sort_keys=True))
    return 0 if figures["sound"] else 1


if __name__ == "__main__":
    sys.exit(main())
