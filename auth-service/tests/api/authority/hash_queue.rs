//! `/register` with a role waits for the hash queue until the authority is gone.

use actix_web::rt::spawn;
use serde_json::json;

use super::{LOSSES, state, take_away, token_of_boss};
use crate::support::{Database, PASSWORD, TestApp, and_admin, config_for};

on_both_databases!(an_admin_who_is_removed_while_a_password_waits_for_its_hash_registers_no_admin);

async fn an_admin_who_is_removed_while_a_password_waits_for_its_hash_registers_no_admin(database: Database) {
    let mut config = and_admin(config_for(&database));
    // One hash takes longer than what happens in the meantime.
    config.passwords.memory_kib = 32 * 1024;
    config.passwords.iterations = 8;
    let app = TestApp::spawn_with(database.clone(), config).await;
    let admin = app.token_of("admin").await;

    for loss in LOSSES {
        let boss = token_of_boss(&app, &database).await;
        let before = state(&database);

        let busy = app.request("POST", "/login").json(&json!({ "username": "nobody", "password": PASSWORD }));
        let busy = spawn(busy.send());
        app.until_matching("/metrics", |it| it.sample("password_hashes_under_way") == Some("1")).await;
        let form = json!({ "username": "eve", "password": PASSWORD, "role": "admin" });
        let waiting =
            spawn(service_kit::testing::send(app.request("POST", "/register").bearer_auth(&boss).json(&form)));
        app.until_matching("/metrics", |it| it.sample("password_hashes_waiting") == Some("1")).await;
        take_away(&app, loss, &admin, &boss).await;
        let response = waiting.await.unwrap();

        busy.await.unwrap().unwrap();
        assert!(matches!(response.status, 401 | 403), "{loss:?} {response:?}");
        assert_eq!(state(&database), before, "{loss:?}");
    }
}
