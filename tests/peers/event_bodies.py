"""What the records of a journal say: the encoding and the tables of docs/FORMAT.md.

Written from that document alone, so that it and the program's own decoder can be held against each other. A value is
given in the notation of the golden twins: ids as UUIDs, bytes in hexadecimal, enumerations by name.
"""

import uuid

STRING_MAX = 1024
NAME_MAX = 384
WORD_MAX = 64
RESERVED_MAX = 4096


class Malformed(ValueError):
    """Bytes that are not what docs/FORMAT.md says they are."""


class Hex(str):
    """Bytes in hexadecimal; upper and lower case mean the same."""


class Fields:
    """Takes values from the front of some bytes."""

    WIDTHS = {0xFB: 2, 0xFC: 4, 0xFD: 8}

    def __init__(self, data):
        self.data, self.at, self.named = data, 0, []

    def take(self, length):
        if length > len(self.data) - self.at:
            raise Malformed(f"{length} bytes wanted at {self.at}, {len(self.data) - self.at} left")
        self.at += length
        return self.data[self.at - length : self.at]

    def u8(self):
        return self.take(1)[0]

    def unsigned(self, bytes_max):
        first = self.u8()
        if first < 251:
            return first
        width = self.WIDTHS.get(first)
        if width is None or width > bytes_max:
            raise Malformed(f"marker {first:02X} before a number of at most {bytes_max} bytes")
        return int.from_bytes(self.take(width), "big")

    def u16(self):
        return self.unsigned(2)

    def u32(self):
        return self.unsigned(4)

    def u64(self):
        return self.unsigned(8)

    def i32(self):
        return self.signed(self.u32())

    def i64(self):
        return self.signed(self.u64())

    @staticmethod
    def signed(zigzag):
        return (zigzag >> 1) ^ -(zigzag & 1)

    def bool(self):
        value = self.u8()
        if value > 1:
            raise Malformed(f"{value} is neither false nor true")
        return value == 1

    def id(self):
        return str(uuid.UUID(bytes=self.take(16)))

    def guid(self):
        """A GUID of SQL Server's, written as its people write it."""
        return self.id().upper()

    def b20(self):
        return Hex(self.take(20).hex())

    def b32(self):
        return Hex(self.take(32).hex())

    def evidence(self):
        """The hash of an evidence file."""
        self.named.append(self.b32())
        return self.named[-1]

    def sized(self, length_max):
        length = self.u64()
        if length > length_max:
            raise Malformed(f"{length} bytes, at most {length_max}")
        return self.take(length)

    def vec(self):
        return Hex(self.sized(RESERVED_MAX).hex())

    def str(self, length_max=STRING_MAX):
        try:
            return self.sized(length_max).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed(f"a string is not UTF-8: {error}") from error

    def name(self):
        return self.str(NAME_MAX)

    def word(self):
        return self.str(WORD_MAX)

    def path(self):
        form = self.u8()
        if form == 0:
            # A byte that is no text shows as `\xNN`.
            text = self.sized(STRING_MAX).decode("utf-8", "surrogateescape")
            return "".join(f"\\x{ord(c) & 0xFF:02X}" if "\udc80" <= c <= "\udcff" else c for c in text)
        if form == 1:
            kept = self.evidence().upper()
            return f"{self.str()} (path in evidence {kept})"
        raise Malformed(f"{form} is no form of a path")

    def file(self):
        return self.struct("bytes:u64 sha1:b20 sha256:b32 modified:i64 naming:naming")

    def found(self):
        return self.struct("bytes:u64 sha1:b20? sha256:b32? modified:i64")

    def value(self, kind):
        if kind.endswith("?"):
            return self.value(kind[:-1]) if self.bool() else None
        if kind in ENUMERATIONS:
            number = self.u8()
            if number not in ENUMERATIONS[kind]:
                raise Malformed(f"{number} is no {kind}")
            return ENUMERATIONS[kind][number]
        return getattr(self, kind)()

    def struct(self, shape):
        pairs = (field.split(":") for field in shape.split())
        return {name: self.value(kind) for name, kind in pairs}

    def end(self):
        if self.at != len(self.data):
            raise Malformed(f"{len(self.data) - self.at} bytes left over")


ENVELOPE = "id:id time:i64 action:id? causation:u64?"

# (type code, version) to the event's name and the fields of its body.
BODIES = {
    (0x0101, 1): ("run.journal-created", "migration:id name:str stream:id host:str program:str public_key:b32"),
    (0x0102, 1): ("run.journal-recovered", "finding:finding records:u64 bytes:u64 detail:str"),
    (0x0103, 1): ("run.interruption-found", "run:id in_doubt:u32"),
    (0x0104, 1): (
        "run.started",
        "run:id host:str account:str sid:str program:str system:str process:u32 plan:evidence scope:scope",
    ),
    (0x0104, 2): (
        "run.started",
        "run:id host:str account:str sid:str program:str system:str process:u32 plan:evidence scope:scope"
        " utc_offset_s:i32?",
    ),
    (0x0105, 1): ("run.step-started", "step:step"),
    (0x0106, 1): ("run.step-finished", "step:step verdict:verdict"),
    (0x0107, 1): ("run.step-skipped", "step:step reason:skip"),
    (0x0108, 1): ("run.stop-requested", "how:str"),
    (0x0109, 1): ("run.finished", "run:id verdict:verdict"),
    (0x010A, 1): ("run.failed", "run:id why:str"),
    (0x010B, 1): ("run.key-rotated", "old_key:b32 new_key:b32"),
    (0x010C, 1): ("run.checkpoint-anchored", "size:u64 root:b32 place:str"),
    (0x010D, 1): (
        "run.stream-imported",
        "stream:id host:str origin:str size:u64 root:b32 key:b32 account:str sid:str",
    ),
    (0x010E, 1): ("run.journal-sealed", "reason:str account:str sid:str"),
    (0x010F, 1): (
        "run.plan-approved",
        "plan:b32 approvals_wanted:u8 how:approval account:str sid:str ticket:name note:str",
    ),
    (0x0110, 1): ("run.role-declared", "role:role"),
    (0x0201, 1): ("inventory.field-recorded", "field:str value:str source:str"),
    (0x0202, 1): ("inventory.finished", "fields:u32"),
    (0x0301, 1): ("preflight.checked", "check:str verdict:judgement finding:str remedy:str"),
    (0x0302, 1): ("preflight.finished", "passed:u32 warned:u32 stopped:u32"),
    (0x0401, 1): (
        "content.manifest-recorded",
        "source:str destination:str manifest:evidence files:u64 bytes:u64 content_files:u64 package_files:u64"
        " unexpected_files:u64 ignored_entries:u64",
    ),
    (0x0402, 1): ("content.entry-ignored", "path:path what:ignored detail:str"),
    (0x0403, 1): (
        "content.pass-started",
        "manifest:evidence worklist:evidence files:u64 bytes:u64 unchanged_files:u64 unchanged_bytes:u64 recheck:bool",
    ),
    (0x0404, 1): (
        "content.batch-started",
        "worklist:evidence first:u64 files:u32 bytes:u64 range:b32 found_before:vec",
    ),
    (0x0405, 1): ("content.file-copied", "item:u32 path:path file:file attempts:u8 replaced:bool"),
    (0x0406, 1): ("content.file-verified", "item:u32 path:path file:file origin:origin"),
    (0x0407, 1): ("content.file-failed", "item:u32 path:path bytes:u64 reason:failure found:b20? detail:str"),
    (0x0408, 1): ("content.batch-finished", "copied:u32 verified:u32 failed:u32 left:u32"),
    (0x0409, 1): ("content.batch-reconciled", "recorded:u32 happened:u32 not:u32 leftovers:u32"),
    (0x040A, 1): ("content.leftover-removed", "path:path bytes:u64"),
    (0x040B, 1): ("content.pass-finished", "copied:u64 copied_bytes:u64 verified:u64 failed:u64 left:u64"),
    (0x040C, 1): ("content.read-back-started", "list:evidence files:u64 bytes:u64 from:u64"),
    (0x040D, 1): (
        "content.read-back-recorded",
        "first:u64 files:u32 bytes:u64 exceptions:u32 around_cache:u32",
    ),
    (0x040E, 1): ("content.read-back-mismatched", "path:path what:mismatch expected:b32 found:b32? detail:str"),
    (0x040F, 1): ("content.read-back-finished", "files:u64 bytes:u64 exceptions:u64 left:u64"),
    (0x0410, 1): ("content.replacement-started", "item:u32 path:path found:found"),
    (0x0411, 1): ("content.suspicion-settled", "path:path how:settlement sha256:b32"),
    (0x0412, 1): ("content.stray-recorded", "item:u32 path:path file:file replaced:bool"),
    (0x0413, 1): ("content.batch-examined", "settled:vec in_doubt:u32"),
    (0x0414, 1): ("content.catalogue-differed", "path:path how:catalogue detail:str"),
    (0x0415, 1): ("content.states-counted", "actual:i32 desired:i32 files:u64"),
    (0x0416, 1): (
        "content.catalogue-compared",
        "differences:evidence expected:u64 expected_bytes:u64 matched:u64 missing:u64 extra:u64 damaged:u64"
        " encrypted:u64",
    ),
    (0x0601, 1): (
        "database.connected",
        "address:str kind:engine server:name edition:name version:name internal_version:u32 login:name session:u32"
        " protection:protection",
    ),
    (0x0602, 1): (
        "database.operation-started",
        "operation:operation subject:name statement:str whole:evidence? before:str expects:str",
    ),
    (0x0603, 1): (
        "database.message-received",
        "ordinal:u32 is_error:bool number:i32? class:u8? state:u8? line:u32? text:str",
    ),
    (0x0604, 1): (
        "database.operation-finished",
        "operation:operation result:result messages:u32 error:i32 elapsed_ms:u64 detail:str",
    ),
    (0x0605, 1): ("database.operation-reconciled", "operation:operation found:probe detail:str"),
    (0x0606, 1): ("database.operation-resolved", "operation:operation answer:answer note:str account:str sid:str"),
    (0x0607, 1): (
        "database.backup-recorded",
        "of:backup engine_path:str program_path:str position:u32 set_guid:guid family_guid:guid name:name server:name"
        " first_lsn:word last_lsn:word checkpoint_lsn:word database_backup_lsn:word database_version:u32"
        " backup_bytes:u64 compressed_bytes:u64 started:word finished:word checksums:bool damaged:bool"
        " copy_only:bool file_bytes:u64 sha256:b32?",
    ),
    (0x0608, 1): ("database.backup-judged", "of:backup set_guid:guid verified:bool why:str"),
    (0x0609, 1): (
        "database.state-recorded",
        "present:bool state:word read_only:bool user_access:word recovery_model:word internal_version:u32 bytes:u64"
        " files:u32 database_guid:guid family_guid:guid created:word server_id:guid",
    ),
    (0x060A, 1): ("database.file-recorded", "file_id:u32 logical:str physical:str kind:str bytes:u64"),
    (0x060B, 1): (
        "database.media-set-recorded",
        "engine_path:str position:u32 set_guid:guid name:name database:name server:name finished:word",
    ),
    (0x060C, 1): ("database.target-compared", "what:str source:str target:str verdict:comparison"),
    (0x060D, 1): ("database.target-judged", "comparisons:u32 is_another:bool why:str"),
    (0x060E, 1): ("database.table-summed", "of:summed table:str columns:b32 rows:u64 sum:b32 list:evidence"),
    (0x060F, 1): (
        "database.table-compared",
        "table:str verdict:parity source_rows:u64 restored_rows:u64 differing:u64 missing:u64 extra:u64 why:str",
    ),
    (0x0610, 1): ("database.row-differed", "table:str key:str how:row"),
    (0x0611, 1): ("database.mark-recorded", "moment:moment mark:str value:str"),
    (0x0612, 1): ("database.user-found", "user:name kind:word sid:name decision:decision login:name why:str"),
    (0x0613, 1): ("database.service-recorded", "service:str kind:service_kind state:service start:start"),
    (0x0614, 1): ("database.setting-recorded", "setting:str value:str becomes:str"),
    (0x0615, 1): ("database.session-seen", "session:u32 login:str host:str program:str"),
    (0x0616, 1): ("database.evidence-kept", "what:str origin:str sha256:evidence bytes:u64"),
    (0x0617, 1): ("database.child-started", "process:u32 started:word"),
    (0x0618, 1): (
        "database.statement-read",
        "purpose:purpose statement:str whole:evidence? times:u32 rows:u64 elapsed_ms:u64 outcome:reading why:str"
        " protection:protection messages:u32 said:str said_whole:evidence?",
    ),
}


def numbered(names, start=1):
    return dict(enumerate(names.split(), start))


ENUMERATIONS = {
    "step": {10: "inventory", 20: "preflight", 30: "content", 50: "database"},
    "finding": numbered(
        "torn-tail-dropped head-rebuilt store-caught-up store-rebuilt log-rebuilt"
        " store-contradicted segment-quarantined reserve-made checkpoint-restored"
    ),
    "scope": numbered("everything content content.verify database"),
    "verdict": numbered("complete failures stopped interrupted waiting"),
    "skip": numbered("stored-on-microsoft-update by-destination"),
    "judgement": numbered("pass warn stop"),
    "ignored": numbered("symbolic-link reparse-point special unreadable-folder temporary unreadable"),
    "naming": numbered("digest unexpected package encrypted"),
    "origin": numbered("found-in-place after-interruption rechecked"),
    "failure": numbered(
        "damaged-at-source unreadable vanished changed-while-copied mismatch-after-copy destination-full"
        " destination-denied path-too-long case-collision conflict obstructed system"
    ),
    "mismatch": numbered("different missing unreadable obstructed"),
    "settlement": numbered("read-right gone-from-both"),
    "approval": numbered("command interactive"),
    "role": numbered("source destination"),
    "catalogue": numbered("missing extra size digest encrypted"),
    "engine": numbered("wid sql-server"),
    "protection": numbered("none login-only everything"),
    "operation": {
        **numbered("quiesce check-source back-up verify-backup resume deliver prove-folder"),
        **numbered(
            "carry-backup verify-carried back-up-own verify-own stop-services drop set-multi-user discard-partial"
            " restore check-restored mend-user sleep postinstall start-services",
            start=16,
        ),
    },
    "result": numbered("done failed unknown"),
    "probe": numbered("happened not partly running unknown"),
    "answer": numbered("happened did-not"),
    "backup": numbered("source own"),
    "comparison": numbered("differs matches unknown"),
    "summed": numbered("source restored"),
    "parity": numbered("equal differs not-comparable missing"),
    "row": numbered("differs missing extra"),
    "moment": numbered("before-backup after-backup"),
    "decision": numbered("alter-user create-login manual leave"),
    "service_kind": numbered("service app-pool"),
    "service": numbered("absent stopped running changing"),
    "start": numbered("automatic automatic-delayed manual disabled untold"),
    "purpose": numbered(
        "server-facts database-facts mirroring recovery-status encryption-keys database-files catalogue"
        " schema-version configuration counts users logins sessions progress file-exists free-space"
        " media-label backup-header backup-files verify-backup check-database back-up drop multi-user"
        " restore mend-user create-login table-rows marks content-manifest file-states wake-ups sleep"
        " wake drop-partial own drop-login prove-folder certificates front-ends"
    ),
    "reading": numbered("whole broken-off refused lost unreadable"),
}


def decode(code, version, data):
    """The envelope and, of a known type and version, name and fields of the event; `None` twice of an unknown one."""
    fields = Fields(data)
    envelope = fields.struct(ENVELOPE)
    name, shape = BODIES.get((code, version), (None, None))
    if shape is None:
        return envelope, None, None
    body = fields.struct(shape)
    fields.end()
    return envelope, name, body


def evidence(code, version, data):
    """The evidence files an event of a known type and version names."""
    fields = Fields(data)
    fields.struct(ENVELOPE)
    fields.struct(BODIES.get((code, version), ("", ""))[1])
    return fields.named
