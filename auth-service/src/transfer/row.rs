//! The fields of a line.

use serde::{Deserialize, Deserializer};

/// The fields of a line, as it has them. An empty field is missing.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Row {
    /// The name.
    #[serde(deserialize_with = "text")]
    pub username: Option<String>,
    /// A hash in one of the known forms.
    #[serde(deserialize_with = "text")]
    pub password_hash: Option<String>,
    /// `user` if it is missing.
    #[serde(deserialize_with = "text")]
    pub role: Option<String>,
    /// None if it is missing.
    #[serde(deserialize_with = "text")]
    pub email: Option<String>,
    /// `false` if it is missing.
    #[serde(deserialize_with = "text")]
    pub disabled: Option<String>,
    /// The time of the import if it is missing.
    #[serde(deserialize_with = "text")]
    pub created_at: Option<String>,
}

/// The names of the fields.
pub const FIELDS: [&str; 6] = ["username", "password_hash", "role", "email", "disabled", "created_at"];

impl Row {
    /// Sets a field by its position in [`FIELDS`].
    pub fn set(&mut self, field: usize, text: &str) {
        let value = Some(text).filter(|text| !text.is_empty()).map(str::to_owned);
        match field {
            0 => self.username = value,
            1 => self.password_hash = value,
            2 => self.role = value,
            3 => self.email = value,
            4 => self.disabled = value,
            _ => self.created_at = value,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Flag(bool),
    Number(i64),
}

/// Text, or what is written as such in CSV.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::deserialize(deserializer)?.map(|scalar| match scalar {
        Scalar::Text(text) => text,
        Scalar::Flag(flag) => flag.to_string(),
        Scalar::Number(number) => number.to_string(),
    });
    Ok(text.filter(|text| !text.is_empty()))
}
