//! Relocations -> bytes: the value of each, and how its field holds it.

mod apply;
mod table;
mod value;

pub use apply::{apply, apply_to_custom, push_compressed};
pub use table::{FileValues, Table};
pub use value::{BodyPlaces, Offsets, Place, Relocator};
