//! How a token's status decides about the request.

use std::{collections::HashMap, sync::Arc, time::Duration};

use actix_web::web::{self, ServiceConfig};
use shared::{
    Admin, AuthError, Claims, CurrentUser, Fresh, Jwt, MaybeJwt, Rule, RuleContext, TokenVerifier, UnixTime,
    actix::user_lookup,
    claims::Status,
    errors::Flaw,
    status::{OnStale, StatusBits, StatusList, StatusListCache, StatusListToken, StatusPolicy, TokenStatus},
    testing::{AUDIENCE, ISSUER, claims, issuer, mint, status, verifier},
    users::ClaimsLookup,
};

use crate::support::{TestApp, modified};

const URI: &str = "http://localhost:5000/status-lists/1";
const MAX_STALE: Duration = Duration::from_mins(5);

/// A list whose first entries have these values.
fn list_of(values: &[u8]) -> Arc<StatusListToken> {
    let mut list = StatusList::new(StatusBits::Two, 16);
    for (idx, value) in (0..).zip(values) {
        list.set(idx, *value).unwrap();
    }
    let now = UnixTime::now();
    Arc::new(StatusListToken {
        uri: URI.to_owned(),
        issued_at: now,
        expires_at: now.plus(MAX_STALE * 10),
        ttl: Duration::ZERO,
        list,
    })
}

/// A cache with a list of these values, confirmed `age` ago.
fn cache_with(values: &[u8], age: Duration) -> Arc<StatusListCache> {
    let cache = Arc::new(StatusListCache::new(MAX_STALE));
    cache.replace([list_of(values)], UnixTime::now().minus(age));
    cache
}

fn verifier_with(cache: &Arc<StatusListCache>, policy: StatusPolicy) -> TokenVerifier {
    TokenVerifier::new(AUDIENCE).trust(issuer().with_status(Arc::clone(cache), policy))
}

fn open() -> StatusPolicy {
    StatusPolicy { on_stale: OnStale::Open, ..StatusPolicy::strict() }
}

fn claims_with_entry(idx: u64) -> Claims {
    modified(claims("alice", "admin"), |claims| claims.status = status(URI, idx))
}

fn routes(app: &mut ServiceConfig) {
    let both = async |_: CurrentUser, _: Jwt<Admin>| "allowed";
    app.app_data(user_lookup(ClaimsLookup))
        .route("/", web::get().to(async |_: Jwt| "allowed"))
        .route("/maybe", web::get().to(async |_: MaybeJwt| "allowed"))
        .route("/admin", web::get().to(async |_: Jwt<Admin>| "allowed"))
        .route("/fresh-admin", web::get().to(async |_: Jwt<(Fresh, Admin)>| "allowed"))
        .route("/both", web::get().to(both))
        .route("/own", web::get().to(async |_: Jwt<Relaxed>| "allowed"))
        .route("/users/{id}", web::get().to(async |_: Jwt| "allowed"));
}

/// A rule that fails open.
struct Relaxed;

impl Rule for Relaxed {
    const ON_STALE: Option<OnStale> = Some(OnStale::Open);

    fn check(_: &Claims, _: &RuleContext<'_>) -> Result<(), AuthError> {
        Ok(())
    }
}

/// The status code of the response at each path.
async fn responses<const N: usize>(verifier: TokenVerifier, token: &str, paths: [&str; N]) -> [u16; N] {
    let app = TestApp::verifying(verifier, routes).await;
    let mut responses = [0; N];
    for (response, path) in responses.iter_mut().zip(paths) {
        *response = app.get(path, token).await.status;
    }
    responses
}

#[actix_web::test]
async fn each_status_is_reported_by_its_own_error() {
    let app =
        TestApp::verifying(verifier_with(&cache_with(&[0, 1, 2, 3], Duration::ZERO), StatusPolicy::strict()), routes);
    let app = app.await;
    assert_eq!(app.get("/", &mint(&claims_with_entry(0))).await.text, "allowed");
    for (idx, code, message) in [
        (1, "token_revoked", "Token has been revoked"),
        (2, "token_revoked", "Token has been revoked"),
        (3, "claims_stale", "claims changed, refresh the token"),
    ] {
        for path in ["/", "/maybe", "/both"] {
            let response = app.get(path, &mint(&claims_with_entry(idx))).await;

            assert_eq!(response.refusal(), (401, code, message), "{idx} {path}");
            let challenge = format!(r#"Bearer error="invalid_token", error_description="{message}""#);
            assert_eq!(response.challenge(), Some(&*challenge), "{idx} {path}");
        }
    }
}

#[test]
fn a_status_entry_must_exist_in_a_list_of_the_tokens_issuer() {
    let verifier = verifier_with(&cache_with(&[0], Duration::ZERO), StatusPolicy::strict());
    let verdict = |status: Option<Status>| {
        let token = mint(&modified(claims("alice", "user"), |claims| claims.status = status));
        verifier.verify(&token, UnixTime::now()).map(|_| ())
    };

    assert_eq!(verdict(status(URI, 15)), Ok(()));
    for (case, status, flaw) in [
        ("out of range", status(URI, 16), Flaw::NoSuchStatusEntry),
        ("far out of range", status(URI, u64::MAX), Flaw::NoSuchStatusEntry),
        ("another host", status("https://evil.example/status-lists/1", 0), Flaw::ForeignStatusList),
        ("a longer host", status("http://localhost:50000/status-lists/1", 0), Flaw::ForeignStatusList),
        ("the issuer itself", status(ISSUER, 0), Flaw::ForeignStatusList),
        ("an unknown list", status("http://localhost:5000/status-lists/2", 0), Flaw::UnknownStatusList),
        ("no entry", None, Flaw::NoStatus),
        ("another mechanism", serde_json::from_str("{}").unwrap(), Flaw::NoStatus),
    ] {
        assert_eq!(verdict(status), Err(AuthError::Invalid(flaw)), "{case}");
    }
}

#[test]
fn a_token_without_a_status_is_accepted_only_if_none_is_required() {
    let cache = cache_with(&[0, 1], Duration::ZERO);
    let lenient = verifier_with(&cache, StatusPolicy { required: false, ..StatusPolicy::strict() });
    let verdict = |claims: &Claims| lenient.verify(&mint(claims), UnixTime::now()).map(|_| ());

    assert_eq!(verdict(&claims("alice", "user")), Ok(()));
    assert_eq!(verdict(&claims_with_entry(0)), Ok(()));
    assert_eq!(verdict(&claims_with_entry(1)), Err(AuthError::Revoked), "an optional status is checked if present");
    assert_eq!(
        verifier().verify(&mint(&claims_with_entry(1)), UnixTime::now()).map(|_| ()),
        Ok(()),
        "without lists the status is ignored"
    );
}

#[test]
fn expiry_is_checked_before_the_status() {
    let verifier = verifier_with(&cache_with(&[0, 1], Duration::ZERO), StatusPolicy::strict());
    let expired = modified(claims_with_entry(1), |claims| claims.exp = UnixTime::now());

    assert_eq!(verifier.verify(&mint(&expired), UnixTime::now()).err(), Some(AuthError::Expired));
}

#[actix_web::test]
async fn with_a_stale_list_routes_fail_open_or_closed_by_policy() {
    let cache = cache_with(&[0], MAX_STALE + Duration::from_secs(2));
    let token = mint(&claims_with_entry(0));
    let paths = ["/", "/maybe", "/admin", "/fresh-admin", "/both", "/own", "/users/7"];

    let closed = responses(verifier_with(&cache, StatusPolicy::strict()), &token, paths).await;
    let open_by_default = responses(verifier_with(&cache, open()), &token, paths).await;
    let routes = [("/admin", OnStale::Open), ("/users/{id}", OnStale::Closed), ("/own", OnStale::Closed)];
    let routes: HashMap<_, _> = routes.map(|(route, on_stale)| (route.to_owned(), on_stale)).into();
    let by_route = responses(verifier_with(&cache, StatusPolicy { routes, ..open() }), &token, paths).await;

    assert_eq!(closed, [503, 503, 503, 503, 503, 200, 503]);
    assert_eq!(open_by_default, [200, 200, 503, 503, 503, 200, 200]);
    assert_eq!(by_route, [200, 200, 200, 503, 503, 503, 503]);
}

#[actix_web::test]
async fn a_stale_list_gets_503_with_retry_after_and_no_challenge() {
    let cache = cache_with(&[0], MAX_STALE + Duration::from_secs(2));
    let app = TestApp::verifying(verifier_with(&cache, StatusPolicy::strict()), routes).await;

    let response = app.get("/", &mint(&claims_with_entry(0))).await;

    let message = "The issuer's status lists are temporarily unavailable";
    assert_eq!(response.refusal(), (503, "status_unavailable", message));
    assert_eq!((response.challenge(), response.header("Retry-After")), (None, Some("1")));
}

#[test]
fn a_token_revoked_by_a_stale_list_stays_rejected() {
    let verifier = verifier_with(&cache_with(&[0, 1, 0, 3], Duration::from_hours(1)), open());
    let verdict = |idx| verifier.verify(&mint(&claims_with_entry(idx)), UnixTime::now()).map(|_| ());

    assert_eq!(verdict(0), Ok(()));
    assert_eq!(verdict(1), Err(AuthError::Revoked));
    assert_eq!(verdict(3), Err(AuthError::ClaimsStale));
    assert_eq!(verdict(16), Err(AuthError::Invalid(Flaw::NoSuchStatusEntry)));
}

#[test]
fn a_list_is_valid_for_max_stale_and_not_after_its_exp() {
    let cache = cache_with(&[0], Duration::ZERO);
    let verifier = verifier_with(&cache, StatusPolicy::strict());
    let now = UnixTime::now();
    let token = mint(&modified(claims_with_entry(0), |claims| claims.exp = now.plus(Duration::from_hours(24))));
    let after = |seconds: u64| verifier.verify(&token, now.plus(Duration::from_secs(seconds))).map(|_| ());

    assert_eq!(after(299), Ok(()));
    assert_eq!(after(301), Err(AuthError::StatusUnavailable));
    cache.confirm(now.plus(MAX_STALE));
    assert_eq!(after(301), Ok(()));
    cache.confirm(now.plus(MAX_STALE * 10));
    assert_eq!(after(3001), Err(AuthError::StatusUnavailable), "it has expired");
}

#[test]
fn without_any_list_the_status_is_unavailable_under_every_policy() {
    for policy in [StatusPolicy::strict(), open(), StatusPolicy { required: false, ..open() }] {
        let verifier = verifier_with(&Arc::new(StatusListCache::new(MAX_STALE)), policy);

        let verdict = verifier.verify(&mint(&claims_with_entry(0)), UnixTime::now());

        assert_eq!(verdict.err(), Some(AuthError::StatusUnavailable));
    }
}

#[test]
fn during_an_outage_an_unknown_list_is_unavailable_not_invalid() {
    let cache = cache_with(&[0], Duration::ZERO);
    let verifier = verifier_with(&cache, open());
    let of_new_list = modified(claims("alice", "user"), |claims| claims.status = status(&format!("{URI}0"), 0));
    let verdict = || verifier.verify(&mint(&of_new_list), UnixTime::now()).err();
    assert_eq!(verdict(), Some(AuthError::Invalid(Flaw::UnknownStatusList)));

    cache.mark_unreachable();
    assert_eq!(verdict(), Some(AuthError::StatusUnavailable));
    cache.set_uris([URI, &format!("{URI}0")]);
    assert_eq!(verdict(), Some(AuthError::StatusUnavailable), "published, but not fetched yet");
    assert_eq!(
        verifier.verify(&mint(&claims_with_entry(0)), UnixTime::now()).err(),
        None,
        "the cached list is still valid"
    );
}

#[test]
fn an_older_list_does_not_replace_a_newer_one() {
    let cache = cache_with(&[1], Duration::ZERO);
    let now = UnixTime::now();
    let older = StatusListToken { issued_at: now.minus(MAX_STALE), ..StatusListToken::clone(&list_of(&[0])) };
    let newer = StatusListToken { issued_at: now.plus(MAX_STALE), ..StatusListToken::clone(&list_of(&[3])) };
    let verifier = verifier_with(&cache, StatusPolicy::strict());
    let verdict = || verifier.verify(&mint(&claims_with_entry(0)), now).err();

    assert!(!cache.put(older, now));
    assert_eq!(verdict(), Some(AuthError::Revoked));
    assert!(cache.put(newer, now));
    assert_eq!(verdict(), Some(AuthError::ClaimsStale));
    assert!(cache.put(StatusListToken::clone(&list_of(&[1])), now));
    assert_eq!(verdict(), Some(AuthError::Revoked), "a list issued in the future can be replaced");
}

#[test]
fn readiness_requires_a_list_unless_the_status_is_optional() {
    let now = UnixTime::now();
    let ready = |cache: &Arc<StatusListCache>, policy| verifier_with(cache, policy).readiness(now);
    let none = Arc::new(StatusListCache::new(MAX_STALE));
    let (fresh, old) = (cache_with(&[], Duration::ZERO), cache_with(&[], Duration::from_hours(1)));

    for cache in [&none, &old] {
        assert_eq!(ready(cache, StatusPolicy::strict()), Err(AuthError::StatusUnavailable));
        assert_eq!(ready(cache, StatusPolicy { required: false, ..StatusPolicy::strict() }), Ok(()));
    }
    assert_eq!(ready(&fresh, StatusPolicy::strict()), Ok(()));
    let routes = HashMap::from([("/own".to_owned(), OnStale::Open)]);
    for policy in [open(), StatusPolicy { routes, ..StatusPolicy::strict() }] {
        assert_eq!(ready(&none, policy.clone()), Err(AuthError::StatusUnavailable));
        assert_eq!(ready(&old, policy), Ok(()), "stale lists can be used");
    }
}

#[test]
fn verification_results_are_counted_by_name() {
    let cache = cache_with(&[0, TokenStatus::Revoked.value(), 0, TokenStatus::ClaimsStale.value()], Duration::ZERO);
    let verifier = verifier_with(&cache, StatusPolicy::strict());
    let verify = |idx| drop(verifier.verify(&mint(&claims_with_entry(idx)), UnixTime::now()));

    [0, 1, 1, 3, 3, 3, 16].into_iter().for_each(verify);
    cache.confirm(UnixTime::from_seconds(0));
    verify(0);

    let expected = [("good", 1), ("invalid", 1), ("revoked", 2), ("claims_stale", 3), ("status_unavailable", 1)];
    let counted: Vec<_> = verifier.counts().by_result().into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(counted, expected);
}
