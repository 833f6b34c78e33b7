//! Views: they read the products of the passes and change nothing.

pub mod dependencies;
pub mod time;
