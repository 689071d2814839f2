//! Verification of a request's token, compared with a bare RSA verification as the lower bound: `cargo bench -p shared`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark panics on failure")]

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use divan::{Bencher, black_box};
use shared::{
    TokenVerifier, UnixTime,
    claims::StatusEntry,
    keys::{JwksCache, KeySet},
    status::{StatusBits, StatusList, StatusListCache, StatusListForm, StatusListToken, StatusPolicy},
    testing::{
        AUDIENCE, PUBLIC_KEY_PEM, claims, issuer, jwks, mint, mint_status_list, status, status_list_claims, verifier,
    },
    verifier::TokenCache,
};

const LIST: &str = "http://localhost:5000/status-lists/1";

static TOKENS: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..10_000).map(|number| mint(&claims(&format!("user_{number}"), "user"))).collect());

fn main() {
    divan::main();
}

/// One RSA-2048 verification by aws-lc-rs with a parsed key: the lower bound for a verifier without a cache.
#[divan::bench]
fn bare_rsa_verification(bencher: Bencher<'_, '_>) {
    let (_, der) = pem_rfc7468::decode_vec(PUBLIC_KEY_PEM.as_bytes()).unwrap();
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).unwrap();
    let (message, signature) = TOKENS[0].rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();

    bencher.bench(|| key.verify_sig(black_box(message.as_bytes()), &signature));
}

/// Without a cache, each token is verified as if for the first time.
#[divan::bench]
fn token_never_seen(bencher: Bencher<'_, '_>) {
    verify_in_turn(bencher, &verifier(), &TOKENS[..100]);
}

#[divan::bench]
fn token_with_a_bad_signature(bencher: Bencher<'_, '_>) {
    let ((rest, _), (_, of_another)) = (TOKENS[0].rsplit_once('.').unwrap(), TOKENS[1].rsplit_once('.').unwrap());
    let bad = format!("{rest}.{of_another}");

    let verifier = verifier();
    bencher.bench(|| verifier.verify(black_box(&bad), UnixTime::now()).is_err());
}

#[divan::bench]
fn malformed_token(bencher: Bencher<'_, '_>) {
    let verifier = verifier();
    bencher.bench(|| verifier.verify(black_box("not.a.token"), UnixTime::now()).is_err());
}

#[divan::bench]
fn cached_token(bencher: Bencher<'_, '_>) {
    verify_in_turn(bencher, &with_cache(verifier()), &TOKENS[..1]);
}

#[divan::bench]
fn ten_thousand_cached_tokens_in_turn(bencher: Bencher<'_, '_>) {
    verify_in_turn(bencher, &with_cache(verifier()), &TOKENS);
}

#[divan::bench]
fn cached_token_with_a_status(bencher: Bencher<'_, '_>) {
    let keys = Arc::new(JwksCache::fixed(KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap()));
    let verifier =
        TokenVerifier::new(AUDIENCE).trust(issuer().with_status(Arc::new(statuses(&keys)), StatusPolicy::strict()));
    let mut claims = claims("john", "user");
    claims.status = status(LIST, 4_711);

    verify_in_turn(bencher, &with_cache(verifier), &[mint(&claims)]);
}

#[divan::bench]
fn status_check(bencher: Bencher<'_, '_>) {
    let keys = JwksCache::fixed(KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap());
    let (cache, now) = (statuses(&keys), UnixTime::now());
    let entry = StatusEntry { idx: 4_711, uri: LIST.to_owned() };

    bencher.bench(|| cache.find(black_box(&entry), now));
}

/// Compresses a list of `entries` entries, 1% of them revoked, for publication.
#[divan::bench(args = [131_072, 1_048_576], sample_count = 20)]
fn status_list_encoded(bencher: Bencher<'_, '_>, entries: usize) {
    let list = list(entries);
    bencher.bench(|| black_box(&list).lst());
}

#[divan::bench(args = [131_072, 1_048_576])]
fn status_list_decoded(bencher: Bencher<'_, '_>, entries: usize) {
    let lst = list(entries).lst();
    bencher.bench(|| StatusList::from_lst(StatusBits::Two, black_box(&lst)));
}

fn verify_in_turn(bencher: Bencher<'_, '_>, verifier: &TokenVerifier, tokens: &[String]) {
    let now = UnixTime::now();
    for token in tokens {
        verifier.verify(token, now).unwrap();
    }
    let turn = AtomicUsize::new(0);
    bencher.bench(|| verifier.verify(&tokens[turn.fetch_add(1, Relaxed) % tokens.len()], now).is_ok());
}

fn with_cache(verifier: TokenVerifier) -> TokenVerifier {
    verifier.with_cache(TokenCache::new(2 * TOKENS.len(), 64 * 1024 * 1024))
}

fn statuses(keys: &JwksCache) -> StatusListCache {
    let (cache, now) = (StatusListCache::new(Duration::from_mins(5)), UnixTime::now());
    let token = mint_status_list(&status_list_claims(LIST, &StatusList::new(StatusBits::Two, 131_072)));
    cache.put(StatusListToken::verify(&token, LIST, StatusListForm::AccessTokenKeys(keys), now).unwrap(), now);
    cache
}

fn list(entries: usize) -> StatusList {
    let mut list = StatusList::new(StatusBits::Two, entries);
    for idx in (0..entries as u64).step_by(100) {
        // At irregular intervals: regular ones would compress unrealistically well.
        list.set(idx + idx / 100 % 97, 1).unwrap();
    }
    list
}
