//! The page that leads to an application.

/// Sends the browser on to an application, without scripts.
pub struct Onward<'a> {
    /// Where.
    pub url: &'a str,
}
