//! Relocations -> bytes: the value of each, and how its field holds it.

mod apply;
mod table;
mod value;

pub use apply::{apply, push_compressed};
pub use table::{FileValues, Table};
pub use value::{Offsets, Place, Relocator};
