//! A setting that is a list of values.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{settings::SettingsSpec, start_error::StartError};

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

/// The values, for people.
impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl SettingsSpec {
    /// Checks that a list of URLs is empty or has one for each issuer.
    ///
    /// # Errors
    /// [`StartError`] that names the setting.
    pub fn check_one_per_issuer(&self, key: &str, urls: &List, issuers: usize) -> Result<(), StartError> {
        let count = urls.0.len();
        if count == 0 || count == issuers {
            return Ok(());
        }
        let problem = format!("{count} URLs for {issuers} issuers");
        Err(StartError::new(self.variable(key), problem, "Set one per issuer, or none."))
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
