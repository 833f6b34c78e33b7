//! What the compact orders went by: an edit must leave it as it is if everything is to stay in its place.

use super::index_order::IndexOrder;
use super::segment_order;
use crate::index::*;

/// What the compact orders of a layout went by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    /// The function index space; `None` if it has another order.
    pub functions: Option<IndexOrder>,
    /// Members of each output segment, with their keys; none if they have another order. Merged strings have no segment.
    pub segments: Vec<Vec<(u128, Option<InputSegmentIdx>)>>,
    /// Whether the counts of globals, table slots and types decide nothing: there are few enough.
    pub others_are_free: bool,
}

impl Orders {
    /// Changes how often a function is named by its index.
    pub fn count_function(&mut self, index: u32, change: i32) {
        if let Some(functions) = &mut self.functions {
            functions.change(index, change);
        }
    }
    /// Changes how often the member `at` of output segment `group` is named.
    pub fn count_segment(&mut self, (group, at): (u32, u32), change: i32) {
        let (key, _) = &mut self.segments[group as usize][at as usize];
        *key = segment_order::with_references(*key, |count| count.saturating_add_signed(change));
    }
    /// Whether everything would still be in the same place; `changed` are the members whose counts were changed.
    pub fn hold(&self, changed: &[(u32, u32)]) -> bool {
        let in_place = |&(group, at): &(u32, u32)| {
            let (members, at) = (&self.segments[group as usize], at as usize);
            let key = members[at].0;
            let behind = members.get(at + 1).is_none_or(|&(next, _)| key < next);
            behind && (at == 0 || members[at - 1].0 < key)
        };
        self.functions.as_ref().is_none_or(IndexOrder::holds) && changed.iter().all(in_place)
    }
}

#[cfg(test)]
mod tests {
    use super::segment_order::{Item, keys};
    use super::*;

    #[test]
    fn an_order_of_segments_holds_until_a_count_passes_that_of_a_neighbour() {
        let item = |references| Item { category: 0, name: ".data", alignment: 2, references };
        let members = keys(&[item(5), item(3), item(3)]).into_iter().map(|key| (key, Some(InputSegmentIdx(0))));
        let mut orders = Orders { segments: vec![members.collect()], ..Orders::default() };
        orders.count_segment((0, 1), 2);
        assert!(orders.hold(&[(0, 1)]), "5, 5, 3: those that are equal stay");
        orders.count_segment((0, 1), 1);
        assert!(!orders.hold(&[(0, 1)]), "5, 6, 3");
        orders.count_segment((0, 1), -3);
        assert!(orders.hold(&[(0, 1)]), "5, 3, 3");
        orders.count_segment((0, 1), -1);
        assert!(!orders.hold(&[(0, 1)]), "5, 2, 3");
    }
}
