//! Bounds of numeric settings.

use std::ops::RangeInclusive;

use crate::{settings::SettingsSpec, start_error::StartError};

/// A numeric setting with its value and its bounds.
pub struct Bound {
    key: &'static str,
    value: Option<u64>,
    range: RangeInclusive<u64>,
}

impl Bound {
    /// The setting `key` and its bounds.
    pub fn of(key: &'static str, value: impl TryInto<u64>, range: RangeInclusive<u64>) -> Self {
        Self::of_optional(key, Some(value), range)
    }

    /// The setting.
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// From the least to the greatest allowed number.
    pub fn range(&self) -> RangeInclusive<u64> {
        self.range.clone()
    }

    /// Like [`of`](Self::of), for an optional setting.
    pub fn of_optional(key: &'static str, value: Option<impl TryInto<u64>>, range: RangeInclusive<u64>) -> Self {
        Self { key, value: value.map(|value| value.try_into().unwrap_or(u64::MAX)), range }
    }
}

impl SettingsSpec {
    /// Rejects numbers out of bounds, which could overflow a time, a queue or memory.
    ///
    /// # Errors
    /// [`StartError`] that names the first such setting and its bounds.
    pub fn check_bounds(&self, bounds: impl IntoIterator<Item = Bound>) -> Result<(), StartError> {
        let is_out = |bound: &Bound| bound.value.is_some_and(|value| !bound.range.contains(&value));
        let Some(Bound { key, value: Some(value), range }) = bounds.into_iter().find(is_out) else { return Ok(()) };
        let problem = if value < *range.start() { "too small" } else { "too large" };
        let remedy = format!("Set it to a number from {} to {}.", range.start(), range.end());
        Err(StartError::new(self.variable(key), format!("{value} is {problem}"), remedy))
    }
}
