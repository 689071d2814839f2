//! The setting `token_location`.

use resource_service::Config;
use service_kit::testing::error;
use shared::testing::{claims, mint};

use crate::support::{Replica, config_with_pem};

#[actix_web::test]
async fn by_default_tokens_are_read_from_the_header_only() {
    let replica = Replica::spawn(config_with_pem());
    let token = mint(&claims("john", "user"));

    let from_cookie = replica.get_with("Cookie", &format!("access_token_cookie={token}"), "/dashboard").await;
    let from_query = replica.get(&format!("/dashboard?jwt={token}")).await;

    for response in [from_cookie, from_query] {
        assert_eq!(response.error(), error(401, "missing_token", "Missing Authorization Header"));
    }
}

#[actix_web::test]
async fn the_settings_choose_the_token_locations() {
    let replica = replica_with_locations(r#"["cookies", "query_string"]"#);
    let token = mint(&claims("john", "user"));

    let from_cookie = replica.get_with("Cookie", &format!("access_token_cookie={token}"), "/dashboard").await;
    let from_query = replica.get(&format!("/dashboard?jwt={token}")).await;
    let from_header = replica.get_as(&token, "/dashboard").await;

    assert_eq!((from_cookie.status, from_query.status), (200, 200));
    assert_eq!(from_header.error(), error(401, "missing_token", "Missing token in cookies or query_string"));
}

#[actix_web::test]
async fn the_first_location_with_a_token_is_used() {
    let replica = replica_with_locations("headers,query_string");
    let (johns, janes) = (mint(&claims("john", "user")), mint(&claims("jane", "user")));

    let response = replica.get_as(&johns, &format!("/dashboard?jwt={janes}")).await;
    let bad_first = replica.get_as("x.y.z", &format!("/dashboard?jwt={janes}")).await;

    assert_eq!(response.json()["username"], "john");
    assert_eq!(bad_first.error(), error(401, "invalid_token", "Invalid token"));
}

fn replica_with_locations(places: &str) -> Replica {
    Replica::spawn(Config { token_location: places.to_owned(), ..config_with_pem() })
}
