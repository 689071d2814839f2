//! Required claims, and the types and values of all claims.

use serde_json::{Value, json};
use shared::{
    errors::Flaw::{self, Issuer, NotYetValid},
    testing::mint_raw,
};

use super::{assert_rejected, invalid, now_and};
use crate::support::{header, payload, token, with, without};

#[actix_web::test]
async fn required_claims_must_be_present_and_well_typed() {
    let bad = |name: &str, value: Value, flaw| {
        invalid(format!("{name} {value}"), token(&header(), &with(payload(), name, value)), flaw)
    };
    let mut cases: Vec<_> = ["iss", "aud", "sub", "exp", "iat", "jti", "type"]
        .map(|name| invalid(format!("no {name}"), token(&header(), &without(payload(), name)), Flaw::Claims))
        .into();
    for name in ["iss", "sub", "jti"] {
        for value in [json!(1), json!(null), json!(["alice"]), json!({ "name": "alice" })] {
            cases.push(bad(name, value, Flaw::Claims));
        }
    }
    for name in ["exp", "iat", "nbf", "auth_time"] {
        for value in [json!("1900000000"), json!(1_900_000_000.5), json!(1.9e9), json!(1e300), json!(true)] {
            cases.push(bad(name, value, Flaw::Claims));
        }
    }
    cases.extend([
        bad("iss", json!("http://localhost:5001"), Issuer),
        bad("iss", json!("http://localhost:5000/"), Issuer),
        bad("iss", json!(["http://localhost:5000"]), Flaw::Claims),
        bad("aud", json!("another-service"), Flaw::Audience),
        bad("aud", json!(["another-service", "third-service"]), Flaw::Audience),
        bad("aud", json!([]), Flaw::Audience),
        bad("aud", json!(["resource-service", 1]), Flaw::Claims),
        bad("aud", json!([["resource-service"]]), Flaw::Claims),
        bad("aud", json!({ "resource-service": true }), Flaw::Claims),
        bad("aud", json!(1), Flaw::Claims),
        bad("aud", json!(null), Flaw::Claims),
        bad("sub", json!(""), Flaw::Claims),
        bad("jti", json!(""), Flaw::Claims),
        bad("type", json!("refresh"), Flaw::Claims),
        bad("type", json!("Access"), Flaw::Claims),
        bad("type", json!(["access"]), Flaw::Claims),
        bad("role", json!("Admin"), Flaw::Claims),
        bad("role", json!(["admin"]), Flaw::Claims),
        bad("fresh", json!("true"), Flaw::Claims),
        bad("nbf", json!(now_and(60)), NotYetValid),
    ]);
    for text in ["", "null", "[]", "1", "{"] {
        cases.push(invalid(format!("claims {text:?}"), mint_raw(header().to_string(), text), Flaw::Claims));
    }

    assert_rejected(cases).await;
}
