#!/usr/bin/env python3
"""The T-SQL the program can send, read by other people's parsers: sqlglot's and sqlfluff's, each in its T-SQL dialect.

    parse_tsql.py FILE    needs requirements.txt; FILE is what `cargo run --example statements` prints

A statement is well when each of the two reads the whole of it: what one lets pass (sqlglot: `SELECT a, FROM FROM b`) the
other may not. What a parser does not know is listed below by its purpose, and the lists hold both ways: a statement fails
that is not listed and not read, and so does a listed one that is read. Of what nobody knows the words, quotes and brackets
are read all the same. As a check that cannot fail is a defect, each statement is then broken in several ways, and every one
must be refused.
"""

import json
import logging
import sys
from pathlib import Path

import sqlglot
from sqlfluff.core import FluffConfig, Linter
from sqlglot import exp

# Purposes whose statements neither parser knows: BACKUP with these options, RESTORE in its forms, and three about users.
NOBODY = {
    "back-up", "backup-files", "backup-header", "create-login", "drop-login", "media-label", "mend-user", "prove-folder",
    "restore", "verify-backup",
}
# sqlglot knows neither DBCC nor ALTER AUTHORIZATION, and takes over ALTER DATABASE without reading it.
UNKNOWN = {"sqlglot": NOBODY | {"check-database", "drop", "multi-user", "own"}, "sqlfluff": NOBODY}

LINTER = Linter(config=FluffConfig(overrides={"dialect": "tsql"}))


def words_are_whole(text):
    """Whether quotes and brackets are closed, as sqlglot reads words. A bracket stands by itself outside of names."""
    try:
        kinds = [token.token_type for token in sqlglot.tokenize(text, dialect="tsql")]
    except sqlglot.TokenError:
        return False
    tokens = sqlglot.TokenType
    return kinds.count(tokens.L_PAREN) == kinds.count(tokens.R_PAREN) and tokens.L_BRACKET not in kinds


def sqlglot_reads(text):
    """A `Command` is a text it took over without reading it."""
    try:
        trees = sqlglot.parse(text, dialect="tsql", error_level=sqlglot.ErrorLevel.RAISE)
    except sqlglot.ParseError:
        return False
    return not any(tree is not None and tree.find(exp.Command) for tree in trees)


def sqlfluff_reads(text):
    parsed = LINTER.parse_string(text)
    return parsed.tree is not None and not parsed.violations and not list(parsed.tree.recursive_crawl("unparsable"))


READS = {"sqlglot": sqlglot_reads, "sqlfluff": sqlfluff_reads}


def wrong(statement):
    """What is wrong with a statement."""
    purpose, text = statement["purpose"], statement["text"]
    if not words_are_whole(text):
        yield "a quote or a bracket is open"
        return
    for parser, reads in READS.items():
        if (purpose in UNKNOWN[parser]) == reads(text):
            yield f"{parser} reads it: take it off the list" if purpose in UNKNOWN[parser] else f"{parser} cannot read it"


def broken(purpose, text):
    """The statement, broken in ways that have to be seen: the last two by whoever reads more than words."""
    end = text.rstrip(" ;")
    yield "a string is open", f"{end} N'"
    yield "a bracket is open", f"{end} ("
    yield "a name is open", f"{end} [SUSDB"
    yield "a bracket is closed twice", f"{end})"
    if purpose not in NOBODY:
        yield "a clause has no end", f"{end} FROM FROM"
        yield "its first word is another", f"RESTORE {text}"


def main():
    statements = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    logging.disable(logging.CRITICAL)
    failed = [f"{one['purpose']}: {what}: {one['text']}" for one in statements for what in wrong(one)]
    listed = set.union(*UNKNOWN.values())
    failed += [f"{name}: is listed and no statement's purpose" for name in listed - {one["purpose"] for one in statements}]
    for one in statements:
        for how, text in broken(one["purpose"], one["text"]):
            if not any(wrong({**one, "text": text})):
                failed.append(f"{one['purpose']}: accepted although {how}: {text}")
    unread = sum(one["purpose"] in NOBODY for one in statements)
    print("\n".join(failed) or f"{len(statements) - unread} statements are read, {unread} are of the {len(NOBODY)} unknown kinds")
    raise SystemExit(bool(failed or not statements))


if __name__ == "__main__":
    main()
