//! Digests of rows, and sums of digests.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Hasher};

use crate::database::row::Cell;
use crate::digest::Sha256;

/// What the bytes of a row begin with, so that the digest of a row is no digest of anything else.
const DOMAIN: &[u8] = b"wsusmigrate row 1\0";

/// The SHA-256 of a row of a table.
///
/// The table's name in lower case and each cell stand with a byte for the type and eight for the length, so that no two
/// different rows give the same bytes. `bit` and whole numbers are told apart, a decimal keeps its scale, text is UTF-8.
#[must_use]
pub fn row_digest(table: &str, cells: &[Cell]) -> Sha256 {
    let mut hasher = Hasher::new();
    hasher.update(DOMAIN);
    part(&mut hasher, 0, table.to_lowercase().as_bytes());
    for cell in cells {
        match cell {
            Cell::Null => part(&mut hasher, 1, &[]),
            Cell::Int(number) => part(&mut hasher, 2, &number.to_be_bytes()),
            Cell::Bit(bit) => part(&mut hasher, 3, &[u8::from(*bit)]),
            Cell::Real(number) => part(&mut hasher, 4, &number.to_bits().to_be_bytes()),
            Cell::Text(text) => part(&mut hasher, 5, text.as_bytes()),
            Cell::Bytes(bytes) => part(&mut hasher, 6, bytes),
            Cell::Guid(guid) => part(&mut hasher, 7, &guid.0),
            Cell::Time(time) => part(&mut hasher, 8, &time.0.to_be_bytes()),
            Cell::Decimal(number, scale) => {
                part(&mut hasher, 9, &number.to_be_bytes());
                part(&mut hasher, 10, &[*scale]);
            }
        }
    }
    Sha256(hasher.finalize().into())
}

fn part(hasher: &mut Hasher, kind: u8, bytes: &[u8]) {
    hasher.update([kind]);
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

/// What a table holds, in a few bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    /// The table.
    pub table: String,
    /// The columns that are in it, in their order. Sums over different columns are not compared.
    pub columns: Vec<String>,
    /// Rows.
    pub row_count: u64,
    /// The sum of the digests of the rows modulo 2^256, as a big-endian number.
    pub sum: Sha256,
}

/// A sum that rows are added to as they come.
#[derive(Clone, Debug)]
pub struct TableSumming {
    sum: TableSum,
}

impl TableSumming {
    /// No rows yet, of these columns.
    #[must_use]
    pub fn new(table: &str, columns: &[String]) -> Self {
        let (table, columns) = (table.to_owned(), columns.to_vec());
        Self { sum: TableSum { table, columns, row_count: 0, sum: Sha256([0; 32]) } }
    }

    /// Adds a row and gives its digest, for a list of keys.
    pub fn add(&mut self, cells: &[Cell]) -> Sha256 {
        let digest = row_digest(&self.sum.table, cells);
        add_modulo(&mut self.sum.sum.0, &digest.0);
        self.sum.row_count += 1;
        digest
    }

    /// The sum.
    #[must_use]
    pub fn finish(self) -> TableSum {
        self.sum
    }
}

/// Adds a big-endian number; what does not fit 256 bits falls away.
fn add_modulo(sum: &mut [u8; 32], number: &[u8; 32]) {
    let mut carry = 0_u16;
    for (digit, other) in sum.iter_mut().zip(number).rev() {
        let [high, low] = (u16::from(*digit) + u16::from(*other) + carry).to_be_bytes();
        *digit = low;
        carry = u16::from(high);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::database::Guid;
    use crate::unit::TimeMicros;

    fn sum(rows: &[Vec<Cell>]) -> TableSum {
        let mut summing = TableSumming::new("tbUpdate", &["a".into(), "b".into()]);
        for row in rows {
            summing.add(row);
        }
        summing.finish()
    }

    #[test]
    fn different_rows_have_different_digests() {
        let rows: Vec<Vec<Cell>> = vec![
            vec![],
            vec![Cell::Null],
            vec![Cell::Null, Cell::Null],
            vec![Cell::Int(1)],
            vec![Cell::Bit(true)],
            vec![Cell::Real(1.0)],
            vec![Cell::Text("1".into())],
            vec![Cell::Bytes(b"1".to_vec())],
            vec![Cell::Text(String::new())],
            vec![Cell::Bytes(vec![])],
            vec![Cell::Text("ab".into()), Cell::Text("c".into())],
            vec![Cell::Text("a".into()), Cell::Text("bc".into())],
            vec![Cell::Guid(Guid([1; 16]))],
            vec![Cell::Bytes(vec![1; 16])],
            vec![Cell::Time(TimeMicros(1))],
            vec![Cell::Decimal(1, 0)],
            vec![Cell::Decimal(1, 1)],
        ];
        let digests: std::collections::BTreeSet<_> = rows.iter().map(|row| row_digest("t", row)).collect();
        assert_eq!(digests.len(), rows.len());
        assert_ne!(row_digest("t", &[]), row_digest("u", &[]));
        assert_eq!(row_digest("TBFILE", &[]), row_digest("tbFile", &[]));
    }

    #[test]
    fn the_bytes_of_a_row_are_frozen() {
        // A source of one version and a destination of the next have to agree.
        let digest = row_digest(
            "tbTargetGroup",
            &[Cell::Guid(Guid([0xA0; 16])), Cell::Text("Büro".into()), Cell::Null],
        );
        assert_eq!(digest.to_string(), "F7B7C78F9268747725EB1646E4D1C7B6123ECCCFE4E75B44F1F198B76ED23064");
    }

    #[test]
    fn sums_wrap_at_256_bits() {
        let mut sum = [0xFF; 32];
        let mut two = [0; 32];
        two[31] = 2;
        add_modulo(&mut sum, &two);
        let mut one = [0; 32];
        one[31] = 1;
        assert_eq!(sum, one);
        let mut carried = [0; 32];
        carried[31] = 0xFF;
        add_modulo(&mut carried, &one);
        assert_eq!((carried[30], carried[31]), (1, 0));
    }

    proptest! {
        #[test]
        fn order_says_nothing_and_every_row_counts(numbers in proptest::collection::vec(0_i64..9, 1..20), at: prop::sample::Index) {
            let rows: Vec<_> = numbers.iter().map(|number| vec![Cell::Int(*number)]).collect();
            let mut turned = rows.clone();
            turned.rotate_left(at.index(rows.len()));
            turned.reverse();
            prop_assert_eq!(sum(&rows), sum(&turned));
            let mut twice = rows.clone();
            twice.push(rows[at.index(rows.len())].clone());
            prop_assert_ne!(sum(&rows).sum, sum(&twice).sum);
            let mut fewer = rows.clone();
            fewer.remove(at.index(rows.len()));
            prop_assert_ne!(sum(&rows).sum, sum(&fewer).sum);
        }
    }
}
