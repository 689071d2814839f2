//! The page that takes a response to an application (OAuth 2.0 Form Post Response Mode).

/// A form that the browser sends on: by itself if it runs scripts, otherwise at the press of a button.
pub struct FormPost<'a> {
    /// The redirect URI.
    pub action: &'a str,
    /// Names and values.
    pub fields: &'a [(&'a str, &'a str)],
}
