//! The exact reason why a token is invalid.

/// The exact reason why a token is invalid, for logs and metrics. Clients must not see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flaw {
    /// The token is longer than 16 KiB.
    TooLong,
    /// The token is not three parts of canonical base64url, or the Bearer syntax is invalid.
    NotCompact,
    /// The header is not a JSON object, or has duplicate names.
    Header,
    /// `alg` is unsupported, or not the algorithm of the key.
    Algorithm,
    /// `typ` or `type` is not that of an access token.
    Type,
    /// The header has `crit`; no extensions are supported.
    Critical,
    /// The claims are not a JSON object, have duplicate names, lack a required claim, or have one of the wrong type.
    Claims,
    /// The custom claims cannot be deserialized into the route's type.
    CustomClaims,
    /// `iss` is not a trusted issuer.
    Issuer,
    /// `aud` does not contain this service.
    Audience,
    /// `kid` is missing or not among the issuer's published keys.
    UnknownKey,
    /// The signature is invalid.
    Signature,
    /// The token passed verification, but the issuer rejects it.
    RefusedByIssuer,
    /// `nbf` is in the future, or `iat` is more than a minute in the future.
    NotYetValid,
    /// Not a refresh token of this issuer.
    RefreshToken,
    /// The token has no status list entry, which is required.
    NoStatus,
    /// The status list's URI is not below the issuer's.
    ForeignStatusList,
    /// The issuer does not publish this status list.
    UnknownStatusList,
    /// The index is beyond the end of the status list.
    NoSuchStatusEntry,
}
