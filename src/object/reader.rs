//! A checked cursor over the bytes of a section: every failure names file, section and offset.
