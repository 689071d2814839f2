//! *Your own rule*.

use actix_web::web;
use shared::{
    AuthError, Claims, Jwt, Rule, RuleContext,
    testing::{claims, mint, resource_server_builder},
};

use super::assert_shown_in;
use crate::support::TestApp;

struct OwnPages;

struct Moderators(Vec<String>);

impl Rule for OwnPages {
    fn check(claims: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError> {
        let is_own = context.request().path_parameter("username") == Some(&*claims.sub);
        let is_moderator = context.state::<Moderators>()?.0.contains(&claims.sub);
        (is_own || is_moderator).then_some(()).ok_or_else(|| AuthError::forbidden("Your own pages only"))
    }
}

async fn page(jwt: Jwt<OwnPages>) -> String {
    format!("Page of {}", jwt.identity())
}

#[actix_web::test]
async fn a_page_is_open_to_its_owner_and_to_moderators() {
    let moderators = Moderators(vec!["alice".to_owned()]);
    let auth = resource_server_builder().rule_state(moderators).spawn().unwrap();
    let app = TestApp::new(|app| {
        app.configure(auth.app()).route("/pages/{username}", web::get().to(page));
    })
    .await;

    for (username, status) in [("alice", 200), ("bob", 200), ("carol", 403)] {
        assert_eq!(app.get("/pages/bob", &mint(&claims(username, "user"))).await.status, status, "{username}");
    }
}

#[test]
fn the_readme_shows_this() {
    assert_shown_in("Your own rule", include_str!("own_rule.rs"));
}
