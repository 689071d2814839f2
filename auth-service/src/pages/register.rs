//! The registration page.

use super::problem::Problem;

/// Asks for the name and the password of a new account.
pub struct Register<'a> {
    /// The request, as a hidden field of the form.
    pub interaction: &'a str,
    /// The id of the application that the user logs in to.
    pub client: Option<&'a str>,
    /// What the field contains: what was typed before.
    pub username: &'a str,
    /// Why the last attempt failed.
    pub problem: Option<Problem>,
}

impl Register<'_> {
    /// Whether the username is to be typed first.
    pub fn is_about_username(&self) -> bool {
        self.username.is_empty() || self.has_wrong_username()
    }

    /// Whether the username is to be corrected.
    pub fn has_wrong_username(&self) -> bool {
        self.problem.as_ref().is_some_and(Problem::is_about_username)
    }

    /// Whether the password is to be corrected.
    pub fn has_wrong_password(&self) -> bool {
        self.problem.as_ref().is_some_and(Problem::is_about_password)
    }
}
