//! TODO archive
