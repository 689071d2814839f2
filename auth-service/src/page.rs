//! Pages of lists.

use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected},
};
use utoipa::ToSchema;

/// The maximum number of items in a response: 1 to 1000, 100 by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(minimum = 1, maximum = 1000, default = 100)]
pub struct Limit(u16);

impl Limit {
    const MAX: u16 = 1000;

    /// How many items there may be.
    pub fn count(self) -> usize {
        self.0.into()
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let limit = u16::deserialize(deserializer)?;
        if (1..=Self::MAX).contains(&limit) {
            Ok(Self(limit))
        } else {
            Err(D::Error::invalid_value(Unexpected::Unsigned(limit.into()), &"1 to 1000"))
        }
    }
}

/// The position of a page: an id, from 0.
///
/// # Errors
/// For a negative number.
pub fn position<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let id = i64::deserialize(deserializer)?;
    if id >= 0 { Ok(id) } else { Err(D::Error::invalid_value(Unexpected::Signed(id), &"a number from 0")) }
}

/// The limit of a query, with which [`Page::of`] can tell whether more items follow.
pub fn wanted(limit: usize) -> i64 {
    i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether more items follow.
    pub has_more: bool,
}

impl<T> Page<T> {
    /// The first `limit` of the items found.
    pub fn of(mut items: Vec<T>, limit: usize) -> Self {
        let has_more = items.len() > limit;
        items.truncate(limit);
        Self { items, has_more }
    }

    /// The last item, if more follow: the next page begins there.
    pub fn next(&self) -> Option<&T> {
        self.items.last().filter(|_| self.has_more)
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn a_page_states_where_the_next_one_begins() {
        let (full, last) = (Page::of(vec![1, 2, 3], 2), Page::of(vec![1, 2], 2));

        assert_eq!((full.next(), &*full.items), (Some(&2), &[1, 2][..]));
        assert_eq!((last.next(), &*last.items), (None, &[1, 2][..]));
    }
}
