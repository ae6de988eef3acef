"""An imported stream: docs/FORMAT.md, "A bundle". Every byte of it is prescribed, so the archive is made again and compared."""

import base64
import hashlib
import json

from event_bodies import Hex
from journal_log import Log, demand, parts

COMMIT_RECORDS, LOG_FILE_MAX = 256, 8_388_608


def tar_header(name, length):
    block = bytearray(512)
    for at, field in [
        (0, name.encode()),
        (100, b"0000600\0" + b"0000000\0" * 2 + b"%011o\0" % length + b"0" * 11 + b"\0" + b" " * 8 + b"0"),
        (257, b"ustar\x0000"),
        (329, b"0000000\0" * 2),
    ]:
        block[at : at + len(field)] = field
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def entries(data, where):
    """Names and contents; demands that these are all that the bytes say."""
    found, at = [], 0
    while data[at : at + 1] not in (b"\0", b""):
        name, octal = data[at : at + 100].rstrip(b"\0"), data[at + 124 : at + 135]
        demand(len(octal) == 11 and octal.isdigit() and not {*octal} & {*b"89"}, f"{where}: no entry at {at}")
        length = int(octal, 8)
        name = name.decode("ascii", "replace")
        demand(tar_header(name, length) == data[at : at + 512], f"{where}: no header of an entry at {at}")
        end = at + 512 + length
        filled = -length % 512
        demand(data[end : end + filled] == bytes(filled), f"{where}: no zeros behind {name}")
        found.append((name, data[at + 512 : end]))
        at = end + filled
    demand(data[at:] == bytes(1024), f"{where}: no end at {at}")
    return found


def sha256(data):
    return hashlib.sha256(data).hexdigest().upper()


def lines(items):
    return "".join(f"    {item}{',' if number < len(items) else ''}\n" for number, item in enumerate(items, start=1))


class Bundle(Log):
    """A checkpointed prefix of a stream, proved but for the signatures' bytes."""

    def __init__(self, data, where):
        self.where, self.entries = where, entries(data, where)
        manifest, key = self.take("manifest.json"), self.take("public-key")
        name, note = self.entries.pop(0) if self.entries else ("", b"")
        size = name.partition("checkpoints/")[2]
        demand(len(size) == 20 and size.isdigit() and int(size), f"{where}: {name} is no checkpoint of it")
        super().__init__(int(size))
        self.notes = {self.size: note}
        files = self.take_log()
        rotations = self.take_rotations()
        for size in self.notes:
            self.check_note(self.notes[size], f"{where}: checkpoint {size}", size)
        kept = [self.take_evidence(digest) for digest in self.named_evidence()]
        demand(not self.entries, f"{where}: more than its entries")
        demand(key == self.key_text(), f"{where}: not the key the first record names")
        demand(manifest == self.manifest(rotations, files, kept), f"{where}: its manifest is not that of the rest")

    def note(self, size):
        return self.notes.get(size)

    def take(self, name):
        demand(self.entries and self.entries[0][0] == name, f"{self.where}: {name} does not stand in its place")
        return self.entries.pop(0)[1]

    def take_log(self):
        files = []
        while len(self.records) < self.size:
            first = len(self.records)
            name = f"log/{first:020}.log"
            data = self.take(name)
            demand(self.read_file(first, data, name) == len(data) <= LOG_FILE_MAX, f"{self.where}: {name}: no end")
            last = files[-1][1] if files else b""
            frame = 32 + int.from_bytes(data[100:104], "big")
            demand(not files or len(last) + frame > LOG_FILE_MAX, f"{self.where}: {name} begins too early")
            commits = -(-len(self.records) // COMMIT_RECORDS)
            demand(self.commit == commits and first % COMMIT_RECORDS == 0, f"{self.where}: {name}: another cut")
            files.append((name, data))
        demand(len(self.records) == self.size, f"{self.where}: {len(self.records)} records, {self.size} are signed")
        return files

    def take_rotations(self):
        """The checkpoints behind the records that name another key: a rotation counts, or it is not a bundle."""
        rotated = [record.seq + 1 for record in self.records if record.code == 0x010B]
        for size in rotated:
            if size != self.size:
                self.notes[size] = self.take(f"checkpoints/{size:020}")
        demand(len(self.keys()) == 1 + len(rotated), f"{self.where}: a rotation that not both keys have signed")
        return [size for size in rotated if size != self.size]

    def take_evidence(self, digest):
        content = self.take(f"evidence/{digest}")
        demand(Hex(sha256(content).lower()) == digest, f"{self.where}: evidence {digest}: other bytes")
        return content

    def stream_id(self):
        return self.origin()[0].rsplit("/", 1)[1]

    def key_text(self):
        origin, key = self.origin()
        hashed = hashlib.sha256(origin.encode() + b"\n\1" + key).hexdigest()[:8]
        return f"{origin}+{hashed}+{base64.b64encode(bytes([1]) + key).decode()}\n".encode()

    def manifest(self, rotations, files, kept):
        """The manifest made anew."""
        said, (origin, key) = self.records[0].say()["fields"], self.origin()
        checkpoint = self.notes[self.size]
        tree = base64.b64decode(parts(checkpoint)[0].split("\n")[2]).hex().upper()
        members = [
            ("format", "wsusmigrate-bundle"),
            ("version", 1),
            ("name", said["name"]),
            ("host", said["host"]),
            ("migration", said["migration"]),
            ("stream", said["stream"]),
            ("origin", origin),
            ("size", self.size),
            ("root", tree),
            ("key_fingerprint", sha256(key)),
            ("checkpoint_sha256", sha256(checkpoint)),
        ]
        text = "{\n" + "".join(f'  "{name}": {quoted(value)},\n' for name, value in members)
        notes = [(f"checkpoints/{size:020}", self.notes[size]) for size in rotations]
        text += '  "rotations": [\n' + lines([f'{{"file": "{name}", "sha256": "{sha256(it)}"}}' for name, it in notes])
        log = [f'{{"file": "{name}", "bytes": {len(it)}, "sha256": "{sha256(it)}"}}' for name, it in files]
        text += '  ],\n  "log": [\n' + lines(log)
        length = sum(map(len, kept))
        return (text + f'  ],\n  "evidence_files": {len(kept)},\n  "evidence_bytes": {length}\n}}\n').encode()


def quoted(value):
    """A string of JSON: only `"`, `\\` and what is below a space is written otherwise."""
    if isinstance(value, int):
        return str(value)
    short = {"\n": "\\u000a", "\r": "\\u000d", "\t": "\\u0009", "\b": "\\u0008", "\f": "\\u000c"}
    return '"' + "".join(short.get(c) or json.dumps(c, ensure_ascii=False)[1:-1] for c in value) + '"'
