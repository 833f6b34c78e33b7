//! TODO parse
