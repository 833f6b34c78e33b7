//! Cases
use crate::cases::Case;
/// All
pub fn cases() -> Vec<Case> {
    Vec::new()
}
