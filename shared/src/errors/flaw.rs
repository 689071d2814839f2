//! What exactly is wrong with a token.

/// What exactly is wrong with a token: for the log and the metrics, never for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flaw {
    /// More than 16 KiB.
    TooLong,
    /// Not three parts of canonical base64url, or not a Bearer token at all.
    NotCompact,
    /// The header is no JSON object, or names something twice.
    Header,
    /// `alg` is not RS256.
    Algorithm,
    /// `typ` or `type` is not that of an access token.
    Type,
    /// `crit` asks for what is not understood here.
    Critical,
    /// The claims are no JSON object, lack a required claim, or have one of the wrong type.
    Claims,
    /// The claims without a field of their own do not fit the type that the route wants.
    CustomClaims,
    /// `iss` is nobody who is trusted here.
    Issuer,
    /// `aud` is somebody else.
    Audience,
    /// No `kid`, or one that the issuer does not publish.
    UnknownKey,
    /// The signature does not belong to the rest.
    Signature,
    /// Good here, but the issuer itself refuses it.
    RefusedByIssuer,
    /// `nbf` is in the future, or `iat` by more than a minute.
    NotYetValid,
    /// It is no refresh token of this issuer.
    RefreshToken,
    /// It names no entry in a status list, and tokens are to.
    NoStatus,
    /// Its status list is not its issuer's.
    ForeignStatusList,
    /// Its issuer publishes no such status list.
    UnknownStatusList,
    /// Its status list ends before its entry.
    NoSuchStatusEntry,
}
