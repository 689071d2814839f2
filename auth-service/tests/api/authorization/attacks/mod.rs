//! Attacks on the login of users for applications, as docs/threat-model.md lists them.

mod forgery;
mod injection;
mod redirects;
mod scripts;

use crate::support::PASSWORD;

/// Where the attacker would have the browser go.
const EVIL: &str = "https://evil.example/";
/// The fields of the login page.
const LOGIN: [(&str, &str); 2] = [("username", "alice"), ("password", PASSWORD)];
