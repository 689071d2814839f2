//! The page that asks before a logout.

/// Asks the user whether to log out.
pub struct LogOut<'a> {
    /// The request, as a hidden field of the form.
    pub interaction: &'a str,
    /// The id of the application that asks for it, if it is known.
    pub client: Option<&'a str>,
    /// Who is logged in.
    pub username: &'a str,
}
