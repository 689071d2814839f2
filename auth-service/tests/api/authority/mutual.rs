//! Changes at the same moment that take each other's authority away.

use futures_util::future::{join, join_all};
use serde_json::json;
use service_kit::testing::send;

use super::{spawn, token_of_boss};
use crate::support::{Database, TestApp};

on_both_databases!(
    of_two_admins_who_remove_each_other_one_remains_though_a_third_is_there,
    of_concurrent_logouts_from_everywhere_one_succeeds,
);

async fn of_two_admins_who_remove_each_other_one_remains_though_a_third_is_there(database: Database) {
    let app = spawn(&database).await;
    token_of_boss(&app, &database).await;

    for change in [json!({ "role": "user" }), json!({ "disabled": true })].iter().cycle().take(6) {
        // `john` is the third.
        database.execute("UPDATE users SET role = 'admin', disabled_at = NULL");
        let (admin, boss) = (app.token_of("admin").await, app.token_of("boss").await);
        let remove = async |app: &TestApp, token: &str, name: &str| {
            send(app.request("PATCH", &format!("/users/{name}")).bearer_auth(token).json(change)).await
        };

        let (one, other) = join(remove(&app, &admin, "boss"), remove(&app, &boss, "admin")).await;

        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert!(matches!(statuses, [200, 401 | 403]), "{one:?} {other:?}");
    }
}

async fn of_concurrent_logouts_from_everywhere_one_succeeds(database: Database) {
    let app = spawn(&database).await;

    for _ in 0..4 {
        let tokens = join_all((0..4).map(|_| app.token_of("john"))).await;
        let everywhere = json!({});

        let responses = join_all(tokens.iter().map(|token| app.post_as(token, "/logout-all", &everywhere))).await;

        let done = responses.iter().filter(|response| response.status == 200).count();
        let refused = responses.iter().filter(|response| response.status == 401).count();
        assert_eq!((done, refused), (1, 3), "{responses:?}");
    }
}
