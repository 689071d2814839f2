//! What holds for every input, however hostile: called by the fuzz targets in `fuzz/` and, for a moment, by the tests.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{AUDIENCE, ISSUER, KID, jwks, mint_raw, verifier};
use crate::{
    keys::{JwksCache, KeySet, PublicKey},
    pem::Pem,
    status::{StatusBits, StatusList, StatusListForm, StatusListToken},
    time::UnixTime,
    verifier::{TokenVerifier, parse_bearer},
};

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
static VERIFIER: LazyLock<TokenVerifier> = LazyLock::new(verifier);

/// What the issuer has not signed is no token.
pub fn token(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    assert!(VERIFIER.verify(&text, NOW).is_err());
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    crit: Option<String>,
}

/// The header up to the first line break and the claims behind it, signed. Whatever is accepted has what every token must have.
pub fn signed_token(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (header, claims) =
        text.split_once('\n').unwrap_or((r#"{"alg":"RS256","typ":"at+jwt","kid":"test-key"}"#, &text));
    let Ok(token) = VERIFIER.verify(&mint_raw(header, claims), NOW) else { return };
    let header: Header = serde_json::from_str(header).expect("an accepted header is JSON");
    assert_eq!((&*header.alg, &*header.kid, header.crit), ("RS256", KID, None));
    let claims = token.claims();
    assert!(claims.iss == ISSUER && claims.aud.contains(AUDIENCE) && claims.exp > NOW && !claims.sub.is_empty());
}

/// The value of a header `Authorization`.
pub fn authorization(input: &[u8]) {
    if let Ok(Some(token)) = parse_bearer(input) {
        assert!(!token.is_empty() && !token.starts_with(b" ") && input.ends_with(token));
        assert!(input.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer ")));
    }
}

/// The values of the headers `Cookie` and `Authorization`, and a query string, one on each line. A token that is found is part
/// of what was sent.
#[cfg(feature = "actix")]
pub fn request(input: &[u8]) {
    use actix_web::{
        http::{
            Uri,
            header::{AUTHORIZATION, COOKIE, HeaderValue},
        },
        test::TestRequest,
    };

    use crate::token_location::{TokenLocation, TokenLocations};

    let mut request = TestRequest::default();
    for (number, line) in input.splitn(3, |byte| *byte == b'\n').enumerate() {
        match (number, HeaderValue::from_bytes(line)) {
            (0, Ok(value)) => request = request.insert_header((COOKIE, value)),
            (1, Ok(value)) => request = request.insert_header((AUTHORIZATION, value)),
            (2, _) => {
                let uri = format!("/?{}", String::from_utf8_lossy(line));
                if uri.parse::<Uri>().is_ok() {
                    request = request.uri(&uri);
                }
            }
            _ => {}
        }
    }
    let request = request.to_http_request();
    for location in [TokenLocation::Cookies, TokenLocation::Headers, TokenLocation::QueryString] {
        if let Ok(found) = TokenLocations::new(vec![location]).find(&request) {
            let is_decoded = location == TokenLocation::QueryString;
            let is_sent = || input.windows(found.token.len().max(1)).any(|window| window == &*found.token);
            assert!(is_decoded || found.token.is_empty() || is_sent());
        }
    }
}

/// A JWK set. However odd the keys beside it, a good one is used.
pub fn jwks_document(input: &[u8]) {
    if let Ok(keys) = KeySet::from_jwks(input) {
        let kids: Vec<_> = keys.kids().collect();
        assert!((1..=KeySet::MAX_KEYS).contains(&kids.len()));
        assert!(kids.iter().all(|kid| keys.find(Some(kid)).is_some()));
        assert!(keys.ignored().iter().all(|line| !line.contains(char::is_control)));
    }
    let good = jwks();
    let good = good.pointer("/keys/0").expect("the fixed set has a key");
    // Deeper than serde_json reads, it is malformed as a whole.
    let is_shallow = input.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() < 100;
    if input.len() < KeySet::MAX_LEN / 2 && is_shallow && serde_json::from_slice::<serde_json::Value>(input).is_ok() {
        let beside = [br#"{"keys":["#, input, b",", good.to_string().as_bytes(), b"]}"].concat();
        assert!(KeySet::from_jwks(&beside).is_ok_and(|keys| keys.find(Some(KID)).is_some()));
    }
}

/// A text in place of a public key.
pub fn pem(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for block in Pem::new(&text).blocks() {
        let _ = (block.label(), block.is_encrypted(), block.der());
    }
    let has_private = Pem::new(&text).blocks().iter().any(|block| block.label().contains("PRIVATE KEY"));
    match PublicKey::from_pem(&text) {
        Ok(_) => assert!(!has_private),
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
}

/// A status list in zlib, and the claims of a signed one. What is read can be written and read again.
pub fn status_list(input: &[u8]) {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    static KEYS: LazyLock<JwksCache> = LazyLock::new(|| {
        JwksCache::fixed(KeySet::from_jwks(jwks().to_string().as_bytes()).expect("the fixed key makes a key set"))
    });
    for bits in [StatusBits::One, StatusBits::Two, StatusBits::Four, StatusBits::Eight] {
        if let Ok(list) = StatusList::from_lst(bits, &URL_SAFE_NO_PAD.encode(input)) {
            assert!(list.bytes().len() <= StatusList::MAX_LEN);
            let end = u64::try_from(list.entries()).unwrap_or(u64::MAX);
            assert!(list.find(end).is_none() && list.find(u64::MAX).is_none());
            assert_eq!(StatusList::from_lst(bits, &list.lst()), Ok(list));
        }
    }
    let uri = "http://localhost:5000/status-lists/1";
    let header = r#"{"alg":"RS256","typ":"statuslist+jwt","kid":"test-key"}"#;
    let token = mint_raw(header, input);
    if let Ok(token) = StatusListToken::verify(&token, uri, StatusListForm::OwnKeys(&KEYS), NOW) {
        assert!(token.uri == uri && token.expires_at > NOW);
    }
    // The issuer's own verifier does not take it for a token.
    assert!(VERIFIER.verify(&mint_raw(header, input), NOW).is_err());
}
