//! Which names may be registered.

use futures_util::future::join;
use service_kit::testing::{error, eventually};

use crate::support::{Database, TestApp, and_admin, config_for};

on_both_databases!(
    a_taken_name_is_rejected,
    a_name_that_looks_like_a_taken_one_is_rejected,
    a_name_that_deceives_is_rejected,
    a_name_that_people_take_for_another_is_rejected,
    a_name_whose_user_is_being_deleted_is_rejected,
    of_two_look_alikes_at_the_same_time_one_is_registered,
    an_address_cannot_probe_for_names,
    names_of_earlier_releases_are_protected_as_well,
    users_with_names_that_would_be_rejected_now_log_in,
    a_rejected_name_consumes_no_id,
    an_invalid_username_is_rejected,
    names_in_any_script_are_accepted,
    only_one_of_16_concurrent_registrations_of_a_name_succeeds,
);

async fn a_taken_name_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    app.register("john").await;

    let response = app.register("john").await;

    assert_eq!(response.error(), error(400, "username_taken", "Username already exists"));
}

async fn a_name_that_looks_like_a_taken_one_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    for taken in ["John", "Müller", "Straße", "fiona"] {
        assert_eq!(app.register(taken).await.status, 201);
    }

    for look_alike in ["john", "JOHN", "ｊｏｈｎ", "jo\u{200b}hn", "MU\u{308}LLER", "STRASSE", "ﬁona", "\u{feff}john"]
    {
        let response = app.register(look_alike).await;

        assert_eq!(response.error(), error(400, "username_taken", "Username already exists"), "{look_alike:?}");
    }
}

async fn a_name_that_deceives_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;

    for name in
        [".", "..", "jane\u{200b}", "\u{202e}enaj", "ja\u{ad}ne", "jаne", "jane\u{3000}doe", &"e\u{301}".repeat(2000)]
    {
        let response = app.register(name).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{name:?}");
    }
}

async fn a_name_that_people_take_for_another_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    for name in ["coco", "Соса"] {
        assert_eq!(app.register(name).await.status, 201, "{name}");
    }

    // In Cyrillic, and in Latin letters.
    for look_alike in ["сосо", "СОСО", "Coca"] {
        assert_eq!(app.register(look_alike).await.error().1, "username_taken", "{look_alike}");
    }
    for other in ["coco1", "cocol", "Иван", "ivan"] {
        assert_eq!(app.register(other).await.status, 201, "{other}");
    }
}

/// The deletion is committed while the registration waits for it.
async fn a_name_whose_user_is_being_deleted_is_rejected(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let deletion = database.begin(
        "DELETE FROM users WHERE username = 'john'; \
         INSERT INTO deleted_usernames (username_key, deleted_at) VALUES ('john', 1)",
    );

    let (registered, ()) = join(app.register("john"), async {
        if database.is_postgres() {
            let waiting = "SELECT CAST(pid AS TEXT) AS text FROM pg_stat_activity \
                           WHERE wait_event_type = 'Lock' AND datname = current_database()";
            eventually(async || (!database.rows(waiting).is_empty()).then_some(())).await;
        }
        deletion.commit();
    })
    .await;

    assert_eq!(registered.code(), (400, "username_taken"));
    assert_eq!(database.rows("SELECT username AS text FROM users"), ["admin"]);
}

async fn of_two_look_alikes_at_the_same_time_one_is_registered(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.limits.enabled = false;
    let app = TestApp::spawn_with(database, config).await;

    for number in 0..10 {
        let suffix = "сх".repeat(number);
        let (one, other) = (format!("сосо{suffix}"), format!("coco{}", "cx".repeat(number)));
        let (one, other) = join(app.register(&one), app.register(&other)).await;

        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 400], "{one:?} {other:?}");
    }
}

async fn an_address_cannot_probe_for_names(database: Database) {
    let app = TestApp::spawn(database).await;

    let mut last = app.register("ad\u{200b}min").await;
    for _ in 0..25 {
        last = app.register("ad\u{200b}min").await;
    }

    assert_eq!(last.code(), (429, "too_many_requests"));
}

async fn names_of_earlier_releases_are_protected_as_well(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("coco").await;
    database.execute("UPDATE users SET username_skeleton = NULL");
    app.stop().await;

    // Its sweep fills in what an earlier release has not written.
    let app = TestApp::spawn(database.clone()).await;
    let missing = "SELECT username AS text FROM users WHERE username_skeleton IS NULL";
    eventually(async || database.rows(missing).is_empty().then_some(())).await;

    assert_eq!(app.register("сосо").await.error().1, "username_taken");
}

async fn users_with_names_that_would_be_rejected_now_log_in(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    database.execute("UPDATE users SET username = 'jоhn', username_key = 'jоhn' WHERE username = 'john'");

    assert_eq!(app.log_in("jоhn").await.status, 200);
}

async fn a_rejected_name_consumes_no_id(database: Database) {
    let app = TestApp::spawn(database).await;
    app.register("admin").await;

    app.register("john").await;

    assert_eq!(app.users().await[1]["id"], 2);
}

async fn an_invalid_username_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let too_long = "x".repeat(81);

    for username in
        ["", " ", " john", "john ", "john\t", "jo\nhn", "jo\0hn", "\u{200b}", "\u{a0}john", "jo\u{85}hn", &too_long]
    {
        let response = app.register(username).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{username:?}");
    }
}

async fn names_in_any_script_are_accepted(database: Database) {
    let app = TestApp::spawn(database).await;
    let longest = "ü".repeat(80);

    for username in
        ["j", "用户", "Дмитрий", "مستخدم", "😀", "o'brien; DROP TABLE users", "a b", "%00", "../x", &longest]
    {
        let token = app.token_of_new(username).await;

        assert_eq!(app.get_as(&token, "/me").await.json()["username"], username);
    }
}

async fn only_one_of_16_concurrent_registrations_of_a_name_succeeds(database: Database) {
    let app = TestApp::spawn(database).await;
    let names = ["john", "JOHN"].into_iter().cycle().take(16);

    let responses = futures_util::future::join_all(names.map(|name| app.register(name))).await;

    assert_eq!(responses.iter().filter(|response| response.status == 201).count(), 1);
    for rejected in responses.iter().filter(|response| response.status != 201) {
        assert_eq!(rejected.error(), error(400, "username_taken", "Username already exists"));
    }
    assert_eq!(app.users().await.as_array().unwrap().len(), 2);
}
