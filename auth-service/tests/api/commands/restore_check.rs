//! `auth-service restore-check`.

use std::collections::BTreeSet;

use serde_json::Value;
use service_kit::testing::{Response, send};
use shared::Secret;

use super::{done, run};
use crate::support::{Database, MASTER_KEY, TestApp, and_admin, claims_of, config_for};

on_both_databases!(nothing_is_given_out_twice_after_a_restore, a_rehearsal_changes_nothing);

async fn nothing_is_given_out_twice_after_a_restore(database: Database) {
    let app = start(&database).await;
    app.register("before").await;
    let mut logins = vec![app.log_in("before").await.json()];
    app.stop().await;
    let backup = database.copy();
    let app = start(&database).await;
    app.register("after").await;
    for name in ["before", "after"] {
        logins.push(app.log_in(name).await.json());
    }
    let lost_user = claims_of(text(&logins[2], "access_token")).uid;
    app.stop().await;

    let report: Value = serde_json::from_str(&done(&backup, &["restore-check", "--json"])).unwrap();

    let app = start(&backup).await;
    for login in &logins {
        let refreshed = send(app.request("POST", "/refresh").bearer_auth(text(login, "refresh_token"))).await;
        let me = app.get_as(text(login, "access_token"), "/me").await;
        assert_eq!((refreshed.status, me.status), (401, 401), "{refreshed:?} {me:?}");
    }
    let new_user = claims_of(&app.token_of_new("later").await).uid;
    let new: Vec<_> = [app.log_in("before").await, app.log_in("later").await].iter().map(Response::json).collect();
    let entries =
        |logins: &[Value]| -> BTreeSet<_> { logins.iter().map(|login| entry(text(login, "access_token"))).collect() };
    assert!(entries(&logins).is_disjoint(&entries(&new)));
    assert_ne!(lost_user, new_user);
    assert_eq!(app.get_as(text(&new[0], "access_token"), "/me").await.status, 200);
    assert_eq!((&report["sessions_ended"], &report["lists_revoked"]), (&1.into(), &[1].as_slice().into()));
}

async fn a_rehearsal_changes_nothing(database: Database) {
    let app = start(&database).await;
    let login = app.log_in("admin").await.json();
    app.stop().await;
    let state = "SELECT name || last AS text FROM sequences WHERE name <> 'write_check' ORDER BY name";
    let before = database.rows(state);

    let shown = run(&database, &["restore-check", "--dry-run"]);

    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.output.contains("Sessions ended: 1\n"), "{shown:?}");
    assert_eq!(database.rows(state), before);
    let app = start(&database).await;
    assert_eq!(app.get_as(text(&login, "access_token"), "/me").await.status, 200);
}

async fn start(database: &Database) -> TestApp {
    let mut config = and_admin(config_for(database));
    config.master_key = Some(Secret::new(MASTER_KEY.to_owned()));
    TestApp::spawn_with(database.clone(), config).await
}

fn text<'a>(login: &'a Value, name: &str) -> &'a str {
    login[name].as_str().unwrap()
}

fn entry(token: &str) -> (String, u64) {
    let reference = claims_of(token).status.unwrap().status_list.unwrap();
    (reference.uri, reference.idx)
}
