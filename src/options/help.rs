//! TODO help
