//! A setting that is a list of values.

use serde::{Deserialize, Serialize};

/// Comma-separated values, trimmed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct List(Vec<String>);

impl List {
    /// The values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl From<String> for List {
    fn from(text: String) -> Self {
        Self(text.split(',').map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect())
    }
}

impl From<List> for String {
    fn from(list: List) -> Self {
        list.0.join(",")
    }
}
