//! A fixed RSA key and tokens signed with it, for tests of services. The private key is published: never trust it in
//! production.
//!
//! A test of protected routes needs neither a network nor an issuer:
//!
//! ```
//! use actix_web::{App, http::StatusCode, test, web};
//! use shared::{Admin, Jwt, testing::{self, TestToken}};
//!
//! async fn statistics(_: Jwt<Admin>) -> &'static str {
//!     "for admins"
//! }
//!
//! # #[actix_web::main]
//! # async fn main() {
//! let auth = testing::resource_server();
//! let app = test::init_service(App::new().configure(auth.app()).route("/statistics", web::get().to(statistics))).await;
//!
//! let admin = test::TestRequest::get().uri("/statistics").token(&testing::claims("root", "admin"));
//! let user = test::TestRequest::get().uri("/statistics").token(&testing::claims("alice", "user"));
//!
//! assert_eq!(test::call_service(&app, admin.to_request()).await.status(), StatusCode::OK);
//! assert_eq!(test::call_service(&app, user.to_request()).await.status(), StatusCode::FORBIDDEN);
//! # }
//! ```
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that cannot set up shall stop with a word")]

#[doc(hidden)]
pub mod fuzzing;
mod mutations;
mod status_reader;
#[cfg(feature = "actix")]
mod test_token;

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

pub use mutations::{Dice, run_mutations};
pub use status_reader::read_statuses;
#[cfg(feature = "actix")]
pub use test_token::TestToken;

use crate::{
    claims::{Claims, Status},
    keys::{JwksCache, KeySet},
    status::{STATUS_LIST_TYPE, StatusList, StatusListClaims, StatusListMember},
    time::UnixTime,
    verifier::{TokenVerifier, TrustedIssuer},
};
#[cfg(feature = "client")]
use crate::{
    client::Issuer,
    resource_server::{ResourceServer, ResourceServerBuilder},
};

/// The fixed public key.
pub const PUBLIC_KEY_PEM: &str = include_str!("public_key.pem");
/// The fixed private key, in PKCS #1.
pub const PRIVATE_KEY_PEM: &str = include_str!("private_key.pem");
/// The key id of the fixed key in [`jwks`].
pub const KID: &str = "test-key";
/// The issuer of [`claims`].
pub const ISSUER: &str = "http://localhost:5000";
/// The audience of [`claims`].
pub const AUDIENCE: &str = "resource-service";

/// A verifier that trusts the fixed key and accepts the tokens of [`mint`].
pub fn verifier() -> TokenVerifier {
    TokenVerifier::new(AUDIENCE).trust(issuer())
}

/// A resource server that trusts the fixed key and accepts the tokens of [`mint`]. It fetches nothing and ignores statuses.
#[cfg(feature = "client")]
pub fn resource_server() -> ResourceServer {
    resource_server_builder().spawn().expect("the settings are valid")
}

/// The builder of [`resource_server`], for additional settings such as a user lookup or an error hook.
#[cfg(feature = "client")]
pub fn resource_server_builder() -> ResourceServerBuilder {
    let issuer =
        Issuer::discover(ISSUER).public_key(PUBLIC_KEY_PEM).require_status(false).dangerously_ignore_revocation();
    ResourceServer::builder(AUDIENCE).issuer(issuer)
}

/// The issuer of [`claims`], with the fixed key.
pub fn issuer() -> TrustedIssuer {
    let keys = KeySet::from_jwks(jwks().to_string().as_bytes()).expect("the fixed key makes a key set");
    TrustedIssuer::new(ISSUER, Arc::new(JwksCache::fixed(keys)))
}

/// The fixed key as a JWK set.
pub fn jwks() -> Value {
    let (_, der) = pem_rfc7468::decode_vec(PUBLIC_KEY_PEM.as_bytes()).expect("the fixed key is PEM");
    let key = rsa::PublicKey::from_der(&der).expect("the fixed key is an RSA key");
    let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
    json!({ "keys": [{
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KID,
        "n": encode(key.modulus().big_endian_without_leading_zero()),
        "e": encode(key.exponent().big_endian_without_leading_zero()),
    }] })
}

/// Claims of a user who has just logged in; valid for 15 minutes.
pub fn claims(username: &str, role: &str) -> Claims {
    let now = UnixTime::now();
    Claims::builder(ISSUER, AUDIENCE, username)
        .uid(1)
        .role(role.parse().expect("the role has a role's name"))
        .client_id("tests")
        .id(format!("jti-of-{username}"))
        .authenticated(now, true)
        .session(format!("sid-of-{username}"))
        .build()
}

/// A valid token with these claims.
pub fn mint(claims: &Claims) -> String {
    let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": KID });
    let claims = serde_json::to_string(claims).expect("claims are JSON");
    mint_raw(header.to_string(), &claims)
}

/// A status list entry for [`Claims::status`]: index `idx` of the list `uri`.
pub fn status(uri: &str, idx: u64) -> Option<Status> {
    Some(Status::list_entry(uri, idx))
}

/// Claims of a status list token for the list `uri`; valid for one hour.
pub fn status_list_claims(uri: &str, list: &StatusList) -> StatusListClaims {
    let now = UnixTime::now();
    StatusListClaims {
        iss: None,
        aud: None,
        sub: uri.to_owned(),
        iat: now,
        exp: now.plus(Duration::from_hours(1)),
        ttl: Some(2),
        status_list: StatusListMember::from(list),
    }
}

/// A valid status list token with these claims.
pub fn mint_status_list(claims: &StatusListClaims) -> String {
    let header = json!({ "alg": "RS256", "typ": STATUS_LIST_TYPE, "kid": KID });
    let claims = serde_json::to_string(claims).expect("claims are JSON");
    mint_raw(header.to_string(), &claims)
}

/// A token with exactly this header and payload, always signed with the fixed key, whatever the header says.
pub fn mint_raw(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let signing_input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(sign(signing_input.as_bytes()));
    format!("{signing_input}.{signature}")
}

/// The key id in a token's header.
pub fn kid_of(token: &str) -> String {
    let header = token.split('.').next().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    let header: Option<Value> = header.and_then(|header| serde_json::from_slice(&header).ok());
    let kid = header.as_ref().and_then(|header| header.get("kid")?.as_str());
    kid.expect("the token has a header with a key id").to_owned()
}

fn sign(message: &[u8]) -> Vec<u8> {
    static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| {
        let (_, der) = pem_rfc7468::decode_vec(PRIVATE_KEY_PEM.as_bytes()).expect("the fixed key is PEM");
        RsaKeyPair::from_der(&der).expect("the fixed key is an RSA key")
    });
    let mut signature = vec![0; KEY.public_modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("the fixed key signs");
    signature
}
