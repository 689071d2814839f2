//! The name of this instance.

use std::{convert::Infallible, env, fs, str::FromStr};

use actix_web::http::header::HeaderValue;
use serde::{Deserialize, Serialize};

/// The name of this instance, sent in `X-Served-By`. The host name by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Instance(String);

impl Instance {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a header's value.
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("unnamed"))
    }
}

impl Default for Instance {
    fn default() -> Self {
        let host = env::var("HOSTNAME").or_else(|_| fs::read_to_string("/proc/sys/kernel/hostname"));
        Self::from(host.map(|name| name.trim().to_owned()).unwrap_or_default())
    }
}

impl From<String> for Instance {
    /// Characters that are invalid in a header are left out.
    fn from(name: String) -> Self {
        let name: String = name.chars().filter(char::is_ascii_graphic).collect();
        Self(if name.is_empty() { "localhost".to_owned() } else { name })
    }
}

impl FromStr for Instance {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(Self::from(name.to_owned()))
    }
}

impl From<Instance> for String {
    fn from(instance: Instance) -> Self {
        instance.0
    }
}
