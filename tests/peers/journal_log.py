"""Log files, their records, and what checkpoints say of them: docs/FORMAT.md, from "A log file" to "A checkpoint"."""

import base64
import hashlib
import re
import struct

from event_bodies import Malformed, decode, evidence

BODY_MAX = 4_194_304
FILE_MAX = 64 * 1024 * 1024
PAYLOAD_MIN, PAYLOAD_MAX = 44, 4096
HEADER = 72
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


def parts(note):
    """What is signed, and the lines of the signatures."""
    text, _, signatures = note.decode("utf-8").partition("\n\n")
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

    def event_id(self):
        """The first 16 bytes of the envelope."""
        return self.payload[PAYLOAD_MIN : PAYLOAD_MIN + 16]

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


class Log:
    """Records as they stand in log files, up to a size; the stream is the first file's where nothing says it before."""

    def __init__(self, size, stream=None):
        self.size, self.stream, self.records, self.commit = size, stream, [], 0

    def note(self, size):
        """The checkpoint over the first records, as bytes; `None` where there is none."""
        raise NotImplementedError

    def last_leaf(self):
        return self.records[-1].leaf if self.records else NO_HASH

    def read_file(self, first, data, name):
        """Takes the commits of one file; returns the offset of their end."""
        self.read_header(first, data, name)
        offset = HEADER
        while len(self.records) < self.size and data[offset : offset + 4] == b"WMCF":
            offset = self.read_commit(data, offset, name)
        return offset

    def read_on(self, data, offset, name):
        """Takes the whole commits of a file up to the size, and nothing of one that is not."""
        while len(self.records) < self.size and data[offset : offset + 4] == b"WMCF":
            begun = len(self.records)
            try:
                offset = self.read_commit(data, offset, name)
            except Malformed:
                del self.records[begun:]
                return

    def is_next(self, first, data, name):
        try:
            self.read_header(first, data, name)
        except Malformed:
            return False
        return True

    def read_header(self, first, data, name):
        demand(FILE_MAX >= len(data) >= HEADER and data[:8] == b"WSUSMLOG", f"{name} is no log file")
        version, zero, stream, named, before, crc = struct.unpack_from(">HH16sQ32sI", data, 8)
        demand(crc == crc32c(data[:68]), f"{name}: the header's checksum is wrong")
        demand(version == 1, f"{name}: format version {version}, this reader knows 1")
        demand((zero, named) == (0, first) and stream == (self.stream or stream), f"{name}: not this file's header")
        self.stream = stream
        demand(before == self.last_leaf(), f"{name}: does not continue the file before it")

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
        demand(fields["stream"].replace("-", "") == self.stream.hex(), "record 0 is of another stream")
        host = re.sub(rb"[^A-Za-z0-9._-]", lambda at: b"%%%02X" % at[0][0], fields["host"].encode()).decode()
        key = bytes.fromhex(fields["public_key"])
        return f"wsusmigrate/{fields['migration']}/{host}/{fields['stream']}", key

    def keys(self):
        """The keys that sign, each with the smallest size it signs. A rotation counts if both have signed behind it."""
        origin, key = self.origin()
        keys = [(1, key)]
        for record in self.records:
            said = record.say() if record.code == 0x010B else {"event": None}
            note = said["event"] == "run.key-rotated" and self.note(record.seq + 1)
            if not note:
                continue
            old, new = (bytes.fromhex(said["fields"][field]) for field in ("old_key", "new_key"))
            _, signatures = parts(note)
            if old == keys[-1][1] and all(signature_by(signatures, origin, key) for key in (old, new)):
                keys.append((record.seq + 1, new))
        return keys

    def key(self, size):
        """The key that signs a checkpoint of this size."""
        return [key for first, key in self.keys() if first <= size][-1]

    def checkpoint_text(self, size):
        tree = base64.b64encode(root(record.leaf for record in self.records[:size])).decode()
        return f"{self.origin()[0]}\n{size}\n{tree}\n"

    def check_note(self, note, name, size, signed=True):
        """Demands that a note says what the records say, and is signed in the name of the journal's key."""
        text, signatures = parts(note)
        demand(size <= len(self.records), f"{name}: it covers {size} records, the log has {len(self.records)}")
        demand(text == self.checkpoint_text(size), f"{name}: not what the first {size} records say")
        signature = signed and signature_by(signatures, self.origin()[0], self.key(size))
        demand(signature or not signed, f"{name}: no signature in the name of the key that counts there")

    def named_evidence(self):
        """The hashes of the evidence files the records name, each once, in the order of their first mention."""
        named = (evidence(record.code, record.version, record.payload[PAYLOAD_MIN:]) for record in self.records)
        return list(dict.fromkeys(digest for digests in named for digest in digests))
