//! Names and their texts.
