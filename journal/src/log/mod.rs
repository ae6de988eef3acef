//! The log files: their bytes, walking through them, writing them, mending their end.

pub(crate) mod backward;
pub(crate) mod cursor;
pub(crate) mod filler;
pub(crate) mod frame;
pub(crate) mod mend;
pub(crate) mod read;
pub(crate) mod scan;
pub(crate) mod writer;
