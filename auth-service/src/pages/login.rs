//! The login page.

use super::problem::Problem;

/// Asks for a username and a password.
pub struct Login<'a> {
    /// The request, as a hidden field of the form.
    pub interaction: &'a str,
    /// The id of the application that the user logs in to.
    pub client: Option<&'a str>,
    /// What the field contains: what was typed before.
    pub username: &'a str,
    /// Why the last attempt failed.
    pub problem: Option<Problem>,
    /// Whether the page links to the registration.
    pub may_register: bool,
}
