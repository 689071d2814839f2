//! Token statuses.

/// The status of a token (draft-ietf-oauth-status-list, section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// Valid (0).
    Valid,
    /// Revoked (1). Suspended (2) and unknown values are treated alike.
    Revoked,
    /// The claims are out of date and the token must be refreshed (3, an application-specific status).
    ClaimsStale,
}

impl TokenStatus {
    /// Converts an entry's value. Unknown values are treated as revoked.
    pub const fn from_value(value: u8) -> Self {
        match value {
            0 => Self::Valid,
            3 => Self::ClaimsStale,
            _ => Self::Revoked,
        }
    }

    /// The value in the list, which fits into two bits.
    pub const fn value(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Revoked => 1,
            Self::ClaimsStale => 3,
        }
    }
}
