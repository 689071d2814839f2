//! Renewal of tokens before and after they expire.

use std::{sync::Arc, time::Duration};

use futures_util::future::{FutureExt, join_all};
use service_kit::testing::eventually;
use shared::client::TokenError;
use tokio::sync::Semaphore;

use super::{LIFE, LOGIN, REFRESH, access_token, error, pair, refreshed_with, user};
use crate::{fake_issuer::FakeIssuer, support::advance_clock};

#[actix_web::test]
async fn a_token_is_renewed_before_it_expires_while_calls_use_the_old_one() {
    let issuer = FakeIssuer::start();
    let gate = Arc::new(Semaphore::new(0));
    issuer.respond_with(LOGIN, pair(1));
    issuer.respond_with(REFRESH, pair(2).gated_by(&gate));
    let tokens = user(&issuer);
    access_token(&tokens).await;

    advance_clock(LIFE * 7 / 10).await;
    let early = access_token(&tokens).await;
    let early_refreshes = issuer.requests_to(REFRESH).len();
    advance_clock(LIFE / 10).await;
    let meanwhile = join_all((0..20).map(|_| access_token(&tokens))).await;
    gate.add_permits(1);
    eventually(async || (access_token(&tokens).await == "a2").then_some(())).await;

    assert_eq!((&*early, early_refreshes), ("a1", 0));
    assert!(meanwhile.iter().all(|token| token == "a1"), "{meanwhile:?}");
    assert_eq!(refreshed_with(&issuer), ["r1"]);
}

#[actix_web::test]
async fn concurrent_waiters_share_one_refresh() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(LOGIN, pair(1));
    issuer.respond_in_turn(REFRESH, [pair(2), pair(3)]);
    let tokens = user(&issuer);
    access_token(&tokens).await;

    advance_clock(LIFE).await;
    let second = join_all((0..100).map(|_| access_token(&tokens))).await;
    advance_clock(LIFE).await;
    let third = access_token(&tokens).await;

    assert!(second.iter().all(|token| token == "a2"), "{second:?}");
    assert_eq!(third, "a3");
    assert_eq!(refreshed_with(&issuer), ["r1", "r2"]);
    assert_eq!(issuer.requests_to(LOGIN).len(), 1);
}

#[actix_web::test]
async fn a_cancelled_waiter_does_not_affect_the_others() {
    let issuer = FakeIssuer::start();
    let gate = Arc::new(Semaphore::new(0));
    issuer.respond_with(LOGIN, pair(1));
    issuer.respond_in_turn(REFRESH, [pair(2).gated_by(&gate), error(401, "session_revoked")]);
    let tokens = user(&issuer);
    access_token(&tokens).await;
    advance_clock(LIFE).await;

    let mut impatient = Box::pin(tokens.access_token());
    assert!((&mut impatient).now_or_never().is_none());
    issuer.wait_for_requests_to(REFRESH, 1 - issuer.requests_to(REFRESH).len()).await;
    drop(impatient);
    gate.add_permits(1);

    assert_eq!(access_token(&tokens).await, "a2", "the refresh continued");
    assert_eq!((refreshed_with(&issuer), issuer.requests_to(LOGIN).len()), (vec!["r1".to_owned()], 1));
}

#[actix_web::test]
async fn a_refresh_whose_response_is_lost_is_retried_with_the_same_token() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(LOGIN, pair(1));
    issuer.respond_in_turn(REFRESH, [pair(2).cut_off(), pair(2)]);
    let tokens = user(&issuer);
    access_token(&tokens).await;
    advance_clock(LIFE).await;

    assert_eq!(access_token(&tokens).await, "a2");

    assert_eq!(refreshed_with(&issuer), ["r1", "r1"]);
    assert_eq!(issuer.requests_to(LOGIN).len(), 1);
}

#[actix_web::test]
async fn a_possibly_used_refresh_token_is_discarded_after_the_reuse_grace() {
    let issuer = FakeIssuer::start();
    issuer.respond_in_turn(LOGIN, [pair(1), pair(5)]);
    issuer.respond_with(REFRESH, pair(2).cut_off());
    let tokens = user(&issuer);
    access_token(&tokens).await;
    advance_clock(LIFE).await;
    assert!(matches!(tokens.access_token().await, Err(TokenError::Unavailable(_))));
    let tries = issuer.requests_to(REFRESH).len();

    advance_clock(Duration::from_secs(25)).await;
    let token = access_token(&tokens).await;

    assert_eq!(token, "a5", "the issuer would have treated the old token as stolen");
    assert_eq!((tries, issuer.requests_to(REFRESH).len()), (2, 2));
}

#[actix_web::test]
async fn a_rejected_refresh_token_causes_a_login() {
    let issuer = FakeIssuer::start();
    issuer.respond_in_turn(LOGIN, [pair(1), pair(7)]);
    issuer.respond_with(REFRESH, error(401, "invalid_token"));
    let tokens = user(&issuer);
    access_token(&tokens).await;
    advance_clock(LIFE).await;

    assert_eq!(access_token(&tokens).await, "a7");
    assert_eq!((issuer.requests_to(REFRESH).len(), issuer.requests_to(LOGIN).len()), (1, 2));
}

#[actix_web::test]
async fn concurrent_rejections_cause_one_refresh() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(LOGIN, pair(1));
    issuer.respond_in_turn(REFRESH, [pair(2), error(401, "invalid_token")]);
    let tokens = user(&issuer);
    let refused = tokens.access_token().await.unwrap();

    let all = join_all((0..20).map(|_| tokens.replace_access_token(&refused))).await;

    assert!(all.iter().all(|token| token.as_ref().is_ok_and(|token| token.expose() == "a2")));
    assert_eq!((issuer.requests_to(REFRESH).len(), issuer.requests_to(LOGIN).len()), (1, 1));
}
