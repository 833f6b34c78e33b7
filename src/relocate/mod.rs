//! Relocations -> bytes: the value of each, and how its field holds it.

mod apply;
mod table;
mod value;
mod windows;

pub use apply::{apply, apply_to_custom, push_compressed};
pub use table::{FileValues, Table};
pub use value::{BodyPlaces, Offsets, Place, Relocator};
pub use windows::{Window, windows};
