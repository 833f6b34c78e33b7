//! placeholder
/// parse
pub fn parse(bytes: &[u8]) -> Vec<(String, Vec<String>)> {
    let _ = bytes;
    Vec::new()
}
