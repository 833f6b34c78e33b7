//! The `build_id` section.

use crate::options::{BuildId, Options};
use rayon::prelude::*;
use sha1::{Digest, Sha1};
use std::hash::{BuildHasher, RandomState};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of the module that are hashed at a time. The hashes of these chunks are hashed together: the id depends on
/// this number, but not on that of the threads.
const CHUNK: usize = 1 << 20;
/// What stands in place of the id while the module is hashed.
const BLANK: u8 = b' ';
/// The namespace in which the hash of a module is made a UUID.
const NAMESPACE: [u8; 16] =
    [0xa1, 0xfa, 0x48, 0x2d, 0x0e, 0x22, 0x03, 0x8d, 0x33, 0x8b, 0x52, 0x1c, 0xd6, 0xd2, 0x12, 0xb2];

/// The section: with the id, or with [`BLANK`]s in its place if it is a hash of the module.
pub fn section(options: &Options) -> Option<Vec<u8>> {
    let id = match &options.build_id {
        BuildId::None => return None,
        BuildId::Fast => vec![BLANK; 16],
        BuildId::Sha1 => vec![BLANK; 20],
        BuildId::Uuid => random().into(),
        BuildId::Hex(bytes) => bytes.clone(),
    };
    Some(super::stitch::head(super::stitch::CUSTOM, 0, |out| {
        crate::leb::push_name(out, b"build_id");
        crate::leb::push_name(out, &id);
    }))
}

/// Whether the id depends on the module's other bytes.
pub fn hashes(options: &Options) -> bool {
    matches!(options.build_id, BuildId::Fast | BuildId::Sha1)
}

/// The id of the finished module `image`, if it is a hash of that; and where it belongs: at the end.
pub fn of(options: &Options, image: &[u8]) -> Option<(usize, Vec<u8>)> {
    let id: Vec<u8> = match &options.build_id {
        BuildId::Fast => fast(image).into(),
        BuildId::Sha1 => sha1_tree(image).into(),
        BuildId::None | BuildId::Uuid | BuildId::Hex(_) => return None,
    };
    Some((image.len().saturating_sub(id.len()), id))
}

/// A version 5 UUID from the hash of the chunks' hashes.
fn fast(image: &[u8]) -> [u8; 16] {
    let hashes: Vec<[u8; 8]> = image.par_chunks(CHUNK).map(|chunk| xxh3_64(chunk).to_le_bytes()).collect();
    let hash = xxh3_64(hashes.as_flattened()).to_le_bytes();
    let digest = Sha1::new().chain_update(NAMESPACE).chain_update(hash).finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    uuid(id, 5)
}

/// SHA-1 of the chunks' SHA-1.
fn sha1_tree(image: &[u8]) -> [u8; 20] {
    let hashes: Vec<[u8; 20]> = image.par_chunks(CHUNK).map(|chunk| Sha1::digest(chunk).into()).collect();
    Sha1::digest(hashes.as_flattened()).into()
}

/// A version 4 UUID: two hashes under a key that the system draws.
fn random() -> [u8; 16] {
    let key = RandomState::new();
    let mut id = [0; 16];
    id[..8].copy_from_slice(&key.hash_one(0).to_le_bytes());
    id[8..].copy_from_slice(&key.hash_one(1).to_le_bytes());
    uuid(id, 4)
}

/// Marks 16 bytes as a UUID of a version. Spec: RFC 9562, sections 4.1 and 4.2.
fn uuid(mut id: [u8; 16], version: u8) -> [u8; 16] {
    id[6] = id[6] & 0x0f | version << 4;
    id[8] = id[8] & 0x3f | 0x80;
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(build_id: BuildId, module: &[u8]) -> Vec<u8> {
        let options = Options { build_id, ..Options::default() };
        let mut image = [module, &section(&options).unwrap_or_default()].concat();
        if let Some((at, id)) = of(&options, &image) {
            image[at..].copy_from_slice(&id);
        }
        image[module.len()..].to_vec()
    }

    #[test]
    fn the_id_is_the_end_of_the_section() {
        assert_eq!(written(BuildId::Hex(vec![7, 8]), b"m"), b"\0\x0c\x08build_id\x02\x07\x08");
        assert_eq!(written(BuildId::None, b"m"), b"");
    }

    #[test]
    fn random_ids_differ_and_are_version_4() {
        let (a, b) = (written(BuildId::Uuid, b""), written(BuildId::Uuid, b""));
        assert_ne!(a, b);
        let id = &a[a.len() - 16..];
        assert_eq!((id[6] >> 4, id[8] >> 6), (4, 2));
    }

    #[test]
    fn every_chunk_counts_and_so_does_its_place() {
        let image: Vec<u8> = (0..3 * CHUNK + 5).map(|i| (i / CHUNK) as u8).collect();
        let mut other = image.clone();
        other.rotate_left(CHUNK);
        for build_id in [BuildId::Fast, BuildId::Sha1] {
            assert_ne!(written(build_id.clone(), &image), written(build_id, &other));
        }
    }
}
