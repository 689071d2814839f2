//! Sessions at the issuer.

/// What a logout token says has ended: a session at the issuer, or all sessions of a user. At least one of the two is set; with
/// both, both must match.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndedLogin {
    /// The user's id at the issuer, the claim `sub`.
    pub subject: Option<String>,
    /// The session at the issuer, the claim `sid`.
    pub session: Option<String>,
}
