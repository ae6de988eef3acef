#!/usr/bin/env python3
"""The newest checkpoint of a journal, judged by other people's code: `pymerkle` for the tree, `cryptography` for the key.

    check_proofs.py JOURNAL    needs requirements.txt

The root in the checkpoint must be the one pymerkle computes over the stored payloads, every record must have an
inclusion proof against it, every prefix a consistency proof, and the signature must be the journal key's. As a check
that cannot fail is a defect, each is then asked about something that is not so, and must refuse it.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InmemoryTree, InvalidProof, verify_consistency, verify_inclusion

from read_journal import Journal, demand


def refused(error, check, *values):
    """Demands that a check does not hold."""
    try:
        check(*values)
    except error:
        return
    raise ValueError(f"{check.__name__} accepts what is not so")


def check_tree(payloads, signed_root):
    tree = InmemoryTree(algorithm="sha256")
    roots = [tree.get_root()]
    for payload in payloads:
        tree.append_entry(payload)
        roots.append(tree.get_root())
    demand(tree.get_root() == signed_root, "pymerkle computes another root than the checkpoint's")
    size = len(payloads)
    for index in range(1, size + 1):
        leaf, proof = tree.get_leaf(index), tree.prove_inclusion(index)
        verify_inclusion(leaf, signed_root, proof, index, size)
        refused(InvalidProof, verify_inclusion, hashlib.sha256(leaf).digest(), signed_root, proof, index, size)
    for prior in range(1, size):
        proof = tree.prove_consistency(prior)
        verify_consistency(roots[prior], signed_root, proof)
        refused(InvalidProof, verify_consistency, roots[prior - 1], signed_root, proof)


def check_signature(text, lines, origin, key):
    named = [line.split(" ")[2] for line in lines if line.split(" ")[1] == origin]
    demand(named, "the note has no signature in the journal's name")
    signature = base64.b64decode(named[0], validate=True)[4:]
    public = Ed25519PublicKey.from_public_bytes(key)
    public.verify(signature, text)
    refused(InvalidSignature, public.verify, signature, text + b"\n")


def main(folder):
    journal = Journal(folder)
    note = journal.notes()[-1].read_text(encoding="utf-8")
    text, _, signatures = note.partition("\n\n")
    origin, size, root = text.split("\n")
    payloads = [record.payload for record in journal.records[: int(size)]]
    demand(len(payloads) == int(size), "the newest checkpoint is over more records than there are")
    check_tree(payloads, base64.b64decode(root, validate=True))
    check_signature((text + "\n").encode(), signatures.splitlines(), origin, journal.origin()[1])
    print(json.dumps({"inclusion_proofs": int(size), "consistency_proofs": int(size) - 1, "signatures": 1}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
