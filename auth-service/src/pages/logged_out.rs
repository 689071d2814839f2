//! The page after a logout.

/// Says that the user is logged out.
pub struct LoggedOut<'a> {
    /// A link back to the application.
    pub back_to: Option<&'a str>,
    /// The id of the application, if it is known.
    pub client: Option<&'a str>,
}
