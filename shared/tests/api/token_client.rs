//! A service that calls services: how it comes by tokens, keeps them and gets over their end.

use std::{sync::Arc, time::Duration};

use futures_util::future::{FutureExt, join_all};
use serde_json::{Value, json};
use service_kit::testing::eventually;
use shared::{
    Secret,
    client::{Credentials, SendError, TokenClient, TokenError, TokenProblem},
};
use tokio::{sync::Semaphore, time};

use crate::fake_issuer::{Asked, FakeAnswer, FakeIssuer, METADATA};

const LOG_IN: &str = "/login";
const REFRESH: &str = "/refresh";
const TOKEN: &str = "/oauth/token";
const REPORTS: &str = "/reports";

const LIFE: Duration = Duration::from_mins(15);

fn user(issuer: &FakeIssuer) -> TokenClient {
    TokenClient::new(&issuer.address(), Credentials::password("reporter", "pa55 word")).unwrap()
}

/// Access token and refresh token number `n`.
fn pair(n: usize) -> FakeAnswer {
    FakeAnswer::json(&json!({
        "access_token": format!("a{n}"), "refresh_token": format!("r{n}"),
        "token_type": "Bearer", "expires_in": LIFE.as_secs(),
    }))
}

fn error(status: u16, code: &str) -> FakeAnswer {
    FakeAnswer::new(status, json!({ "error": code, "message": "in words" }).to_string())
}

async fn text(tokens: &TokenClient) -> String {
    tokens.access_token().await.unwrap().expose().to_owned()
}

/// The refresh tokens that were sent.
fn refreshed_with(issuer: &FakeIssuer) -> Vec<String> {
    let token = |asked: Asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        body["refresh_token"].as_str().unwrap().to_owned()
    };
    issuer.asked(REFRESH).into_iter().map(token).collect()
}

/// The tokens with which a route was asked.
fn bearers(issuer: &FakeIssuer) -> Vec<String> {
    let token = |asked: Asked| asked.header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    issuer.asked(REPORTS).into_iter().map(token).collect()
}

/// Sends a request for reports.
async fn reports(issuer: &FakeIssuer, tokens: &TokenClient) -> Result<u16, SendError> {
    let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let answer = tokens.send(http.post(issuer.at(REPORTS)).body("a report")).await;
    answer.map(|answer| answer.status().as_u16())
}

/// Moves this thread's clock on; between times it goes as ever, since the issuer's answers take real time.
async fn move_clock(span: Duration) {
    time::pause();
    time::advance(span).await;
    time::resume();
}

#[actix_web::test]
async fn a_user_logs_in_once_for_many_calls() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, pair(1));
    let tokens = user(&issuer);

    let all = join_all((0..100).map(|_| text(&tokens))).await;

    assert!(all.iter().all(|token| token == "a1"), "{all:?}");
    let asked = issuer.asked(LOG_IN);
    assert_eq!(asked.len(), 1);
    let form: Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(form, json!({ "username": "reporter", "password": "pa55 word" }));
}

#[actix_web::test]
async fn a_client_sends_its_id_and_secret_form_encoded_in_the_header() {
    let issuer = FakeIssuer::start();
    let token = json!({ "access_token": "c1", "token_type": "bearer", "expires_in": 900, "scope": "a b" });
    issuer.answers_with(TOKEN, FakeAnswer::json(&token));
    let credentials = Credentials::client("reports@clients", "s:e%c ret");
    let everything = TokenClient::new(&issuer.address(), credentials.clone()).unwrap();
    let some = TokenClient::new(&issuer.address(), credentials.with_scope("a b")).unwrap();

    assert_eq!([text(&everything).await, text(&some).await], ["c1", "c1"]);

    let asked = issuer.asked(TOKEN);
    // base64 of reports%40clients:s%3Ae%25c+ret
    let basic = "Basic cmVwb3J0cyU0MGNsaWVudHM6cyUzQWUlMjVjK3JldA==";
    for asked in &asked {
        assert_eq!(asked.header("authorization"), Some(basic));
        assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    }
    let forms = [&*asked[0].body, &*asked[1].body];
    assert_eq!(forms, ["grant_type=client_credentials", "grant_type=client_credentials&scope=a+b"]);
}

#[actix_web::test]
async fn a_token_is_renewed_before_it_expires_while_calls_use_the_old_one() {
    let issuer = FakeIssuer::start();
    let gate = Arc::new(Semaphore::new(0));
    issuer.answers_with(LOG_IN, pair(1));
    issuer.answers_with(REFRESH, pair(2).held_by(&gate));
    let tokens = user(&issuer);
    text(&tokens).await;

    move_clock(LIFE * 7 / 10).await;
    let early = text(&tokens).await;
    let asked_early = issuer.asked(REFRESH).len();
    move_clock(LIFE / 10).await;
    let meanwhile = join_all((0..20).map(|_| text(&tokens))).await;
    gate.add_permits(1);
    eventually(async || (text(&tokens).await == "a2").then_some(())).await;

    assert_eq!((&*early, asked_early), ("a1", 0));
    assert!(meanwhile.iter().all(|token| token == "a1"), "{meanwhile:?}");
    assert_eq!(refreshed_with(&issuer), ["r1"]);
}

#[actix_web::test]
async fn concurrent_waiters_share_one_refresh() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, pair(1));
    issuer.answers_in_turn(REFRESH, [pair(2), pair(3)]);
    let tokens = user(&issuer);
    text(&tokens).await;

    move_clock(LIFE).await;
    let second = join_all((0..100).map(|_| text(&tokens))).await;
    move_clock(LIFE).await;
    let third = text(&tokens).await;

    assert!(second.iter().all(|token| token == "a2"), "{second:?}");
    assert_eq!(third, "a3");
    assert_eq!(refreshed_with(&issuer), ["r1", "r2"]);
    assert_eq!(issuer.asked(LOG_IN).len(), 1);
}

#[actix_web::test]
async fn a_cancelled_waiter_does_not_affect_the_others() {
    let issuer = FakeIssuer::start();
    let gate = Arc::new(Semaphore::new(0));
    issuer.answers_with(LOG_IN, pair(1));
    issuer.answers_in_turn(REFRESH, [pair(2).held_by(&gate), error(401, "session_revoked")]);
    let tokens = user(&issuer);
    text(&tokens).await;
    move_clock(LIFE).await;

    let mut impatient = Box::pin(tokens.access_token());
    assert!((&mut impatient).now_or_never().is_none());
    issuer.is_asked_again(REFRESH, 1 - issuer.asked(REFRESH).len()).await;
    drop(impatient);
    gate.add_permits(1);

    assert_eq!(text(&tokens).await, "a2", "the refresh went on by itself");
    assert_eq!((refreshed_with(&issuer), issuer.asked(LOG_IN).len()), (vec!["r1".to_owned()], 1));
}

#[actix_web::test]
async fn a_refresh_whose_response_is_lost_is_retried_with_the_same_token() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, pair(1));
    issuer.answers_in_turn(REFRESH, [pair(2).cut_off(), pair(2)]);
    let tokens = user(&issuer);
    text(&tokens).await;
    move_clock(LIFE).await;

    assert_eq!(text(&tokens).await, "a2");

    assert_eq!(refreshed_with(&issuer), ["r1", "r1"]);
    assert_eq!(issuer.asked(LOG_IN).len(), 1);
}

#[actix_web::test]
async fn a_refresh_token_that_may_have_been_used_long_ago_is_discarded() {
    let issuer = FakeIssuer::start();
    issuer.answers_in_turn(LOG_IN, [pair(1), pair(5)]);
    issuer.answers_with(REFRESH, pair(2).cut_off());
    let tokens = user(&issuer);
    text(&tokens).await;
    move_clock(LIFE).await;
    assert!(matches!(tokens.access_token().await, Err(TokenError::Unavailable(_))));
    let tries = issuer.asked(REFRESH).len();

    move_clock(Duration::from_secs(25)).await;
    let token = text(&tokens).await;

    assert_eq!(token, "a5", "the issuer would have taken the old token for stolen");
    assert_eq!((tries, issuer.asked(REFRESH).len()), (2, 2));
}

#[actix_web::test]
async fn a_refused_refresh_token_leads_to_a_login() {
    let issuer = FakeIssuer::start();
    issuer.answers_in_turn(LOG_IN, [pair(1), pair(7)]);
    issuer.answers_with(REFRESH, error(401, "invalid_token"));
    let tokens = user(&issuer);
    text(&tokens).await;
    move_clock(LIFE).await;

    assert_eq!(text(&tokens).await, "a7");
    assert_eq!((issuer.asked(REFRESH).len(), issuer.asked(LOG_IN).len()), (1, 2));
}

#[actix_web::test]
async fn during_an_outage_the_old_token_is_used_until_it_expires() {
    let issuer = FakeIssuer::start();
    issuer.answers_in_turn(LOG_IN, [pair(1), pair(9)]);
    issuer.answers_with(REFRESH, error(503, "database_unavailable"));
    let tokens = user(&issuer);
    text(&tokens).await;

    move_clock(LIFE * 85 / 100).await;
    let while_down = text(&tokens).await;
    eventually(async || (issuer.asked(REFRESH).len() == 2).then_some(())).await;
    let in_the_pause = text(&tokens).await;
    move_clock(Duration::from_secs(40)).await;
    eventually(async || (text(&tokens).await == "a9").then_some(())).await;

    assert_eq!([while_down, in_the_pause], ["a1", "a1"]);
    assert_eq!((issuer.asked(LOG_IN).len(), issuer.asked(REFRESH).len()), (2, 2), "no call asked by itself");
}

#[actix_web::test]
async fn after_a_failed_login_the_issuer_is_not_asked_for_a_while() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, error(401, "invalid_credentials"));
    let tokens = user(&issuer);

    let mut asked = Vec::new();
    for round in 0..8 {
        let refused = tokens.access_token().await;
        assert!(matches!(&refused, Err(TokenError::Refused { code, .. }) if code == "invalid_credentials"));
        // The first pauses are so short that a slow machine may miss them.
        for _ in 0..round * 10 {
            tokens.access_token().await.unwrap_err();
        }
        asked.push(issuer.asked(LOG_IN).len());
        move_clock(Duration::from_secs(31)).await;
    }
    issuer.answers_with(LOG_IN, pair(1));

    assert_eq!(asked, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(text(&tokens).await, "a1");
}

#[actix_web::test]
async fn retry_after_is_honoured() {
    let issuer = FakeIssuer::start();
    issuer.answers_in_turn(LOG_IN, [error(429, "too_many_requests").with_header("Retry-After", "100"), pair(1)]);
    let tokens = user(&issuer);

    assert!(matches!(tokens.access_token().await, Err(TokenError::Unavailable(_))));
    move_clock(Duration::from_secs(95)).await;
    assert!(tokens.access_token().await.is_err());
    move_clock(Duration::from_secs(10)).await;

    assert_eq!(text(&tokens).await, "a1");
    assert_eq!(issuer.asked(LOG_IN).len(), 2);
}

#[actix_web::test]
async fn an_unreachable_issuer_is_an_error_without_secrets() {
    let issuer = FakeIssuer::start();
    let address = issuer.address();
    let tokens = user(&issuer);
    drop(issuer);
    let said = eventually(async || match tokens.access_token().await {
        Err(error @ TokenError::Unavailable(_)) => Some(format!("{error} {error:?}")),
        _ => None,
    })
    .await;

    let credentials = format!("{:?}", Credentials::client("reports", "53cret").with_scope("a"));

    assert!(!said.contains("pa55") && said.contains(LOG_IN), "{said}");
    assert!(credentials.contains("reports") && !credentials.contains("53cret"), "{credentials} {address:?}");
    assert_eq!(format!("{:?}", Secret::new("a1".to_owned())), "Secret(***)");
}

#[actix_web::test]
async fn a_response_without_a_token_is_an_error() {
    let whole = json!({ "access_token": "a1", "token_type": "Bearer", "expires_in": 900 });
    for (member, value) in [
        ("access_token", json!(7)),
        ("access_token", json!("line\nbreak")),
        ("token_type", json!("mac")),
        ("expires_in", json!("900")),
        ("expires_in", json!(-1)),
        ("expires_in", Value::Null),
    ] {
        let issuer = FakeIssuer::start();
        let mut token = whole.clone();
        token[member] = value.clone();
        issuer.answers_with(LOG_IN, FakeAnswer::json(&token));

        let refused = user(&issuer).access_token().await;

        let Err(TokenError::Unavailable(error)) = refused else { panic!("{member}: {value}") };
        assert!(!error.to_string().contains("a1"), "{error}");
    }
}

#[actix_web::test]
async fn a_request_refused_for_its_token_is_retried_with_a_new_one() {
    for code in ["token_expired", "claims_stale", "token_revoked"] {
        let issuer = FakeIssuer::start();
        issuer.answers_with(LOG_IN, pair(1));
        issuer.answers_with(REFRESH, pair(2));
        issuer.answers_in_turn(REPORTS, [error(401, code), FakeAnswer::new(201, "")]);
        let tokens = user(&issuer);

        let status = reports(&issuer, &tokens).await.unwrap();

        assert_eq!(status, 201, "{code}");
        assert_eq!(bearers(&issuer), ["a1", "a2"]);
        assert!(issuer.asked(REPORTS).iter().all(|asked| asked.body == "a report"));
        assert_eq!(text(&tokens).await, "a2");
    }
}

#[actix_web::test]
async fn a_request_is_never_sent_a_third_time() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, pair(1));
    issuer.answers_with(REFRESH, pair(2));
    issuer.answers_with(REPORTS, error(401, "claims_stale"));
    let tokens = user(&issuer);

    let refused = reports(&issuer, &tokens).await;

    assert!(matches!(refused, Err(SendError::Unauthorized { problem: TokenProblem::ClaimsStale, .. })), "{refused:?}");
    assert_eq!(bearers(&issuer), ["a1", "a2"]);
}

#[actix_web::test]
async fn errors_that_a_new_token_would_not_cure_are_not_retried() {
    for (status, code) in [(401, "invalid_token"), (401, "fresh_token_required"), (401, "user_not_found")] {
        let issuer = FakeIssuer::start();
        issuer.answers_with(LOG_IN, pair(1));
        issuer.answers_with(REPORTS, error(status, code));

        let refused = reports(&issuer, &user(&issuer)).await;

        assert!(matches!(refused, Err(SendError::Unauthorized { .. })), "{refused:?}");
        assert_eq!((bearers(&issuer).len(), issuer.asked(REFRESH).len()), (1, 0), "{code}");
    }
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, pair(1));
    issuer.answers_with(REPORTS, error(403, "insufficient_scope"));
    assert_eq!(reports(&issuer, &user(&issuer)).await.unwrap(), 403);
}

#[actix_web::test]
async fn a_body_that_cannot_be_sent_twice_is_sent_once_but_the_next_call_has_a_new_token() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, pair(1));
    issuer.answers_with(REFRESH, pair(2));
    issuer.answers_in_turn(REPORTS, [error(401, "claims_stale"), FakeAnswer::new(201, "")]);
    let tokens = user(&issuer);
    let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let passed_on = http.get(issuer.at(METADATA)).send().await.unwrap();

    let refused = tokens.send(http.post(issuer.at(REPORTS)).body(passed_on)).await;
    let next = reports(&issuer, &tokens).await.unwrap();

    assert!(matches!(refused, Err(SendError::Unauthorized { problem: TokenProblem::ClaimsStale, .. })), "{refused:?}");
    assert_eq!((next, bearers(&issuer)), (201, vec!["a1".to_owned(), "a2".to_owned()]));
}

#[actix_web::test]
async fn many_calls_refused_at_once_cause_one_refresh() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, pair(1));
    issuer.answers_in_turn(REFRESH, [pair(2), error(401, "invalid_token")]);
    let tokens = user(&issuer);
    let refused = tokens.access_token().await.unwrap();

    let all = join_all((0..20).map(|_| tokens.access_token_in_place_of(&refused))).await;

    assert!(all.iter().all(|token| token.as_ref().is_ok_and(|token| token.expose() == "a2")));
    assert_eq!((issuer.asked(REFRESH).len(), issuer.asked(LOG_IN).len()), (1, 1));
}
