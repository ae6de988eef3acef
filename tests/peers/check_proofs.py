#!/usr/bin/env python3
"""Checkpoints and proofs of a journal, judged by other people's code: `pymerkle` for the tree, `cryptography` for keys.

    check_proofs.py JOURNAL [PROOF ...]    needs requirements.txt; PROOF is what `wsusmigrate journal prove` wrote

The root in the newest checkpoint must be the one pymerkle computes over the stored payloads, every record must have an
inclusion proof against it, every prefix a consistency proof, and every checkpoint the signature of the key that counts
at its size; where a key was rotated, that of the key before as well. A PROOF must lead from the bytes beside it to its
checkpoint. As a check that cannot fail is a defect, each is then asked about something that is not so, and must refuse
it.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InclusionProof, InmemoryTree, InvalidProof, verify_consistency, verify_inclusion

from journal_log import demand, parts, signature_by
from read_journal import Journal


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
    signature = signature_by(lines, origin, key)
    demand(signature, "the note has no signature in the name of the key that counts")
    public = Ed25519PublicKey.from_public_bytes(key)
    public.verify(signature, text.encode())
    refused(InvalidSignature, public.verify, signature, text.encode() + b"\n")


def check_signatures(journal):
    """Every checkpoint, and where a key was rotated both keys; returns how many."""
    notes = {int(path.name): parts(path.read_bytes()) for path in journal.notes()}
    by = [(size, journal.key(size)) for size in notes]
    keys = journal.keys()
    by += [(first, before) for (_, before), (first, _) in zip(keys, keys[1:])]
    for size, key in by:
        check_signature(*notes[size], journal.origin()[0], key)
    return len(by)


def check_proof(journal, path):
    """A tlog-proof and the record beside it, without the log; the journal only says which key counts."""
    head, _, note = path.read_bytes().decode("utf-8").partition("\n\n")
    kind, index, *hashes = head.split("\n")
    demand(kind == "c2sp.org/tlog-proof@v1" and index.startswith("index "), f"{path.name} is no tlog-proof")
    text, _, signatures = note.partition("\n\n")
    origin, size, root = text.split("\n")
    size, index, root = int(size), int(index[len("index ") :]) + 1, base64.b64decode(root, validate=True)
    check_signature(text + "\n", signatures.split("\n"), origin, journal.key(size))
    leaf = hashlib.sha256(b"\0" + path.with_suffix(".leaf").read_bytes()).digest()
    # On which side each hash stands follows from index and size: any tree of that size says it.
    blank = InmemoryTree(algorithm="sha256")
    for _ in range(size):
        blank.append_entry(b"")
    rule = blank.prove_inclusion(index).rule
    path_up = [base64.b64decode(line, validate=True) for line in hashes]
    proof = InclusionProof("sha256", True, size, index, rule, [leaf] + path_up)
    verify_inclusion(leaf, root, proof, index, size)
    other = hashlib.sha256(leaf).digest()
    proof = InclusionProof("sha256", True, size, index, rule, [other] + path_up)
    refused(InvalidProof, verify_inclusion, other, root, proof, index, size)


def main(folder, proofs):
    journal = Journal(folder)
    text, _ = parts(journal.notes()[-1].read_bytes())
    _, size, root, _ = text.split("\n")
    payloads = [record.payload for record in journal.records[: int(size)]]
    demand(len(payloads) == int(size), "the newest checkpoint is over more records than there are")
    check_tree(payloads, base64.b64decode(root, validate=True))
    signatures = check_signatures(journal)
    for proof in proofs:
        check_proof(journal, proof)
    figures = {"inclusion_proofs": int(size), "consistency_proofs": int(size) - 1, "signatures": signatures}
    print(json.dumps({**figures, "proofs_by_the_program": len(proofs)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(proof) for proof in sys.argv[2:]])
