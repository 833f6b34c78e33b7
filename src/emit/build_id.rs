//! The `build_id` section.

use crate::options::{BuildId, Options};

/// The section with room for the id.
pub fn section(options: &Options) -> Option<Vec<u8>> {
    let size = match &options.build_id {
        BuildId::None => return None,
        BuildId::Fast | BuildId::Uuid => 16,
        BuildId::Sha1 => 20,
        BuildId::Hex(bytes) => bytes.len(),
    };
    Some(super::stitch::head(super::stitch::CUSTOM, 0, |out| {
        crate::leb::push_name(out, b"build_id");
        crate::leb::push_name(out, &vec![0; size]);
    }))
}

/// Whether the id depends on the module's other bytes.
pub fn hashes(options: &Options) -> bool {
    options.build_id != BuildId::None
}

/// Sets the id, which is the end of the finished module `image`.
pub fn write(options: &Options, image: &mut [u8]) {
    if let BuildId::Hex(bytes) = &options.build_id {
        let at = image.len() - bytes.len();
        image[at..].copy_from_slice(bytes);
    }
}
