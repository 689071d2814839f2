//! `POST /register`.

use auth_service::config::Registration;
use futures_util::future::join;
use serde_json::json;
use service_kit::testing::{error, eventually};
use shared::{
    UnixTime,
    testing::{claims, mint},
};

use crate::support::{Database, PASSWORD, TestApp, and_admin, config_for};

on_both_databases!(
    a_new_user_gets_the_message_of_the_tutorial,
    anyone_may_request_the_role_user,
    unknown_members_are_ignored,
    a_taken_name_is_rejected,
    a_name_that_looks_like_a_taken_one_is_rejected,
    a_name_that_deceives_is_rejected,
    a_name_that_people_take_for_another_is_rejected,
    a_name_whose_user_is_being_deleted_is_rejected,
    of_two_look_alikes_at_the_same_time_one_is_registered,
    an_address_cannot_probe_for_names,
    names_of_earlier_releases_are_protected_as_well,
    users_with_names_that_would_be_rejected_now_log_in,
    while_registration_is_closed_only_admins_add_users,
    a_rejected_name_consumes_no_id,
    an_anonymous_caller_may_not_assign_a_role,
    a_user_may_not_assign_a_role,
    an_admin_may_assign_any_role,
    an_expired_token_grants_no_role,
    a_forged_token_grants_no_role,
    an_invalid_token_does_not_prevent_a_plain_registration,
    an_invalid_role_is_rejected,
    an_invalid_username_is_rejected,
    names_in_any_script_are_accepted,
    passwords_have_8_to_1024_bytes,
    passwords_are_compared_as_typed_except_for_the_composition_of_characters,
    only_one_of_16_concurrent_registrations_of_a_name_succeeds,
);

async fn a_new_user_gets_the_message_of_the_tutorial(database: Database) {
    let app = TestApp::spawn(database).await;

    let response = app.post("/register", &json!({ "username": "john", "password": "secret123", "role": "user" })).await;

    assert_eq!(response.status, 201);
    assert_eq!(response.json(), json!({ "message": "User registered successfully" }));
    assert_eq!(app.users().await[1], json!({ "id": 2, "username": "john", "role": "user" }));
}

async fn anyone_may_request_the_role_user(database: Database) {
    let app = TestApp::spawn(database).await;

    for role in [json!("user"), json!(null)] {
        let registration = json!({ "username": format!("john {role}"), "password": PASSWORD, "role": role });

        assert_eq!(app.post("/register", &registration).await.status, 201, "{role}");
    }
}

async fn unknown_members_are_ignored(database: Database) {
    let app = TestApp::spawn(database).await;
    let registration = json!({ "username": "john", "password": PASSWORD, "is_admin": true, "id": 99, "uid": 99 });

    assert_eq!(app.post("/register", &registration).await.status, 201);

    assert_eq!(app.users().await[1], json!({ "id": 2, "username": "john", "role": "user" }));
}

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

async fn while_registration_is_closed_only_admins_add_users(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.registration = Registration::Closed;
    let app = TestApp::spawn_with(database, config).await;
    let (admin, form) = (app.token_of("admin").await, json!({ "username": "john", "password": PASSWORD }));

    let anonymous = app.register("john").await;
    let by_admin = app.post_as(&admin, "/register", &form).await;
    let (user, form) = (app.token_of("john").await, json!({ "username": "eve", "password": PASSWORD }));
    let by_user = app.post_as(&user, "/register", &form).await;

    assert_eq!(anonymous.error(), error(403, "forbidden", "Registration is closed"));
    assert_eq!(by_admin.status, 201);
    assert_eq!(by_user.code(), (403, "forbidden"));
}

async fn a_rejected_name_consumes_no_id(database: Database) {
    let app = TestApp::spawn(database).await;
    app.register("admin").await;

    app.register("john").await;

    assert_eq!(app.users().await[1]["id"], 2);
}

async fn an_anonymous_caller_may_not_assign_a_role(database: Database) {
    let app = TestApp::spawn(database).await;

    for role in ["admin", "editor"] {
        let registration = json!({ "username": "eve", "password": PASSWORD, "role": role });
        let response = app.post("/register", &registration).await;

        assert_eq!(response.error(), error(403, "forbidden", "Admin access required"));
        let challenge = response.header("www-authenticate").unwrap();
        assert!(challenge.starts_with(r#"Bearer error="insufficient_scope""#), "{challenge}");
    }
    assert_eq!(app.users().await.as_array().unwrap().len(), 1);
}

async fn a_user_may_not_assign_a_role(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of_new("john").await;
    let registration = json!({ "username": "eve", "password": PASSWORD, "role": "admin" });

    let response = app.post_as(&token, "/register", &registration).await;

    assert_eq!(response.error(), error(403, "forbidden", "Admin access required"));
}

async fn an_admin_may_assign_any_role(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of("admin").await;

    for (username, role) in [("second", "admin"), ("third", "editor"), ("fourth", "user")] {
        let registration = json!({ "username": username, "password": PASSWORD, "role": role });
        assert_eq!(app.post_as(&token, "/register", &registration).await.status, 201);
    }

    let second = app.token_of("second").await;
    assert_eq!(app.get_as(&second, "/me").await.json(), json!({ "id": 2, "username": "second", "role": "admin" }));
    let users = app.get_as(&second, "/users").await.json();
    assert_eq!(users["users"][2], json!({ "id": 3, "username": "third", "role": "editor" }));
}

async fn an_expired_token_grants_no_role(database: Database) {
    let app = TestApp::spawn(database).await;
    let mut expired = claims("admin", "admin");
    expired.exp = UnixTime::now();
    let registration = json!({ "username": "eve", "password": PASSWORD, "role": "admin" });

    let response = app.post_as(&app.mint(&expired).await, "/register", &registration).await;

    assert_eq!(response.error(), error(401, "token_expired", "Token has expired"));
}

async fn a_forged_token_grants_no_role(database: Database) {
    let app = TestApp::spawn(database).await;
    let registration = json!({ "username": "eve", "password": PASSWORD, "role": "admin" });
    let unknown_kid = mint(&claims("admin", "admin"));
    let token = app.token_of("admin").await;
    let cut_off = &token[..token.len() - 4];

    for forged in [&unknown_kid, cut_off, "x.y.z", "x"] {
        let response = app.post_as(forged, "/register", &registration).await;

        assert_eq!(response.error(), error(401, "invalid_token", "Invalid token"), "{forged}");
        let challenge = response.header("www-authenticate").unwrap();
        assert!(challenge.starts_with(r#"Bearer error="invalid_token""#), "{challenge}");
    }
    assert_eq!(app.users().await.as_array().unwrap().len(), 1);
}

async fn an_invalid_token_does_not_prevent_a_plain_registration(database: Database) {
    let app = TestApp::spawn(database).await;
    let registration = json!({ "username": "john", "password": PASSWORD });

    assert_eq!(app.post_as("x.y.z", "/register", &registration).await.status, 201);
}

async fn an_invalid_role_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of("admin").await;

    for role in ["", "Admin", "ADMIN ", "1", "super user", "administratorofeverything", "admin\0", "ädmin"] {
        let registration = json!({ "username": "eve", "password": PASSWORD, "role": role });
        let response = app.post_as(&token, "/register", &registration).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{role:?}");
    }
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

async fn passwords_have_8_to_1024_bytes(database: Database) {
    let app = TestApp::spawn(database).await;

    for (password, is_good) in [
        (String::new(), false),
        ("x".repeat(7), false),
        ("eight by".to_owned(), true),
        ("x".repeat(1024), true),
        ("x".repeat(1025), false),
        // Four characters, eight bytes.
        ("äöüß".to_owned(), true),
        ("😀".repeat(256), true),
        ("😀".repeat(257), false),
    ] {
        let username = format!("user {} {}", password.len(), password.chars().count());
        let response = app.post("/register", &json!({ "username": username, "password": password })).await;

        if is_good {
            assert_eq!(response.status, 201, "{password}");
        } else {
            let expected = error(400, "invalid_request", "A password must have 8 to 1024 bytes");
            assert_eq!(response.error(), expected, "{password}");
        }
    }
}

async fn passwords_are_compared_as_typed_except_for_the_composition_of_characters(database: Database) {
    let app = TestApp::spawn(database).await;
    let password = "  pass\0wörd\u{200b} \n";
    app.post("/register", &json!({ "username": "john", "password": password })).await;

    for (typed, status) in
        [(password, 200), (password.trim(), 401), ("  pass\0wo\u{308}rd\u{200b} \n", 200), ("  pass\0wörd \n", 401)]
    {
        let response = app.post("/login", &json!({ "username": "john", "password": typed })).await;

        assert_eq!(response.status, status, "{typed:?}");
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
