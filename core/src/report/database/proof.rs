//! The proof that the target is not the source, comparison by comparison.

use super::{Side, keys, or_dash, yes};
use crate::report::Section;

/// A section for each proof: a drop and a restore may stand on two.
pub(super) fn proofs(side: Side<'_>) -> impl Iterator<Item = Section> {
    side.database().proofs.iter().map(move |proof| {
        let mut section =
            side.section(keys("target", "source_target"), "Is the target another than the source");
        section.figure("record", "Record", proof.seq.0);
        section.figure("time", "When", proof.time);
        section.figure("is_another", "Proved to be another", yes(proof.judged.is_another));
        section.figure("because", "Because", proof.judged.why.as_str());
        let rows = proof.comparisons.iter().map(|compared| {
            let (source, target) = (or_dash(compared.source.as_str()), or_dash(compared.target.as_str()));
            vec![compared.what.as_str().into(), source.into(), target.into(), compared.verdict.word().into()]
        });
        section.table("comparisons", &["compared", "source", "target", "says"], rows);
        section
    })
}
