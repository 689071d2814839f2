//! What an entry of a status list says of its token.

/// What has become of a token (draft-ietf-oauth-status-list, section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// It is as good as on the first day.
    Valid,
    /// It was revoked, permanently or, as far as a verifier is concerned, for the time being.
    Revoked,
    /// Its claims no longer hold: a new token says what does. An application-specific status of the draft.
    ClaimsStale,
}

impl TokenStatus {
    /// From an entry's value. What is neither good nor known here is taken for revoked.
    pub const fn from_value(value: u8) -> Self {
        match value {
            0 => Self::Valid,
            3 => Self::ClaimsStale,
            _ => Self::Revoked,
        }
    }

    /// What stands in the list; all of them fit into two bits.
    pub const fn value(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Revoked => 1,
            Self::ClaimsStale => 3,
        }
    }
}
