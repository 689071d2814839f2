//! Expiry, `nbf` and leeway.

use std::time::Duration;

use shared::{
    AuthError::{Expired, Invalid},
    UnixTime,
    errors::Flaw::NotYetValid,
    testing::verifier,
};

use super::{assert_rejected, now_and};
use crate::support::{header, payload, token, with};

#[actix_web::test]
async fn an_expired_token_is_distinguished_from_an_invalid_one() {
    let expiring = |exp: i64| token(&header(), &with(payload(), "exp", exp));

    assert_rejected([
        ("a second ago".to_owned(), expiring(now_and(-1)), Expired),
        ("this second".to_owned(), expiring(now_and(0)), Expired),
        ("before the epoch".to_owned(), expiring(-1), Expired),
        ("the earliest possible time".to_owned(), expiring(i64::MIN), Expired),
    ])
    .await;
}

#[test]
fn leeway_applies_before_nbf_and_after_exp_to_the_second() {
    let (verifier, now) = (verifier().with_leeway(Duration::from_secs(30)), UnixTime::now());
    let verdict = |name: &str, seconds: i64| {
        verifier.verify(&token(&header(), &with(payload(), name, now.seconds() + seconds)), now).map(|_| ())
    };

    assert_eq!(verdict("exp", -29), Ok(()));
    assert_eq!(verdict("exp", -30), Err(Expired));
    assert_eq!(verdict("nbf", 30), Ok(()));
    assert_eq!(verdict("nbf", 31), Err(Invalid(NotYetValid)));
}
