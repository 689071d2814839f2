//! `GET /users`.

use serde_json::{Value, json};
use service_kit::testing::error;

use crate::support::{Database, TestApp};

on_both_databases!(
    an_admin_sees_all_users_in_the_order_of_registration,
    only_admins_can_list_users,
    the_role_comes_from_the_database_not_from_the_token,
    the_list_is_paginated,
    users_are_found_by_any_part_of_the_name_in_any_case,
    users_are_filtered_by_role_and_state,
    an_invalid_page_is_rejected,
    authorization_is_checked_before_the_query,
);

async fn an_admin_sees_all_users_in_the_order_of_registration(database: Database) {
    let app = TestApp::spawn(database).await;
    for username in ["zoe", "Adam"] {
        app.register(username).await;
    }

    let response = app.get_as(&app.token_of("admin").await, "/users").await;

    assert_eq!(response.status, 200);
    let expected = json!({ "users": [
        { "id": 1, "username": "admin", "role": "admin" },
        { "id": 2, "username": "zoe", "role": "user" },
        { "id": 3, "username": "Adam", "role": "user" },
    ] });
    assert_eq!(response.json(), expected);
}

async fn only_admins_can_list_users(database: Database) {
    let app = TestApp::spawn(database).await;
    let user = app.token_of_new("john").await;

    let anonymous = app.get("/users").await;
    let user = app.get_as(&user, "/users").await;

    assert_eq!(anonymous.error(), error(401, "missing_token", "Missing Authorization Header"));
    assert_eq!(anonymous.header("www-authenticate"), Some(r#"Bearer realm="access token""#));
    assert_eq!(user.error(), error(403, "forbidden", "Admin access required"));
}

async fn the_role_comes_from_the_database_not_from_the_token(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let says_user = app.token_of_new("john").await;
    let says_admin = app.token_of("admin").await;
    database.execute("UPDATE users SET role = CASE username WHEN 'john' THEN 'admin' ELSE 'user' END");

    let is_admin_now = app.get_as(&says_user, "/users").await;
    let is_user_now = app.get_as(&says_admin, "/users").await;

    assert_eq!(is_admin_now.status, 200);
    assert_eq!(is_user_now.error(), error(403, "forbidden", "Admin access required"));
}

async fn the_list_is_paginated(database: Database) {
    let app = TestApp::spawn(database).await;
    for number in 2..=5 {
        app.register(&format!("user {number}")).await;
    }
    let token = app.token_of("admin").await;
    let page = async |query: &str| {
        let response = app.get_as(&token, &format!("/users?{query}")).await.json();
        let ids: Vec<_> =
            response["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect();
        (ids, response.get("next_after").map(Value::to_owned))
    };

    assert_eq!(page("limit=2").await, (vec![1, 2], Some(json!(2))));
    assert_eq!(page("limit=2&after=2").await, (vec![3, 4], Some(json!(4))));
    assert_eq!(page("after=4&limit=2").await, (vec![5], None));
    assert_eq!(page("limit=5").await, (vec![1, 2, 3, 4, 5], None));
    assert_eq!(page("limit=1000&after=0").await, (vec![1, 2, 3, 4, 5], None));
    assert_eq!(page("after=9223372036854775807").await, (vec![], None));
}

async fn users_are_found_by_any_part_of_the_name_in_any_case(database: Database) {
    let app = TestApp::spawn(database).await;
    for username in ["Müller", "SCHMÜLLING", "100%", "a_b", "a\\b", "o'brien", "Дмитрий"] {
        assert_eq!(app.register(username).await.status, 201, "{username}");
    }
    let token = app.token_of("admin").await;

    for (part, found) in [
        ("mÜll", &["Müller", "SCHMÜLLING"][..]),
        ("Mu\u{308}ller", &["Müller"]),
        ("ｍüｌｌer", &["Müller"]),
        ("%", &["100%"]),
        ("_", &["a_b"]),
        ("\\", &["a\\b"]),
        ("'", &["o'brien"]),
        ("ДМ", &["Дмитрий"]),
        ("a%b", &[]),
        ("nobody", &[]),
    ] {
        let encoded = part.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();

        assert_eq!(names(&app.get_as(&token, &format!("/users?q={encoded}")).await.json()), found, "{part}");
    }
    let everybody = app.get_as(&token, "/users?q=&limit=3").await.json();
    assert_eq!((names(&everybody).len(), &everybody["next_after"]), (3, &json!(3)));
    let next = app.get_as(&token, "/users?q=m%C3%BCll&limit=1&after=2").await.json();
    assert_eq!((names(&next), next.get("next_after")), (vec!["SCHMÜLLING"], None));
}

async fn users_are_filtered_by_role_and_state(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    for username in ["ann", "bob", "eve"] {
        app.register(username).await;
    }
    database.execute("UPDATE users SET role = 'editor' WHERE username IN ('ann', 'bob')");
    database.execute("UPDATE users SET disabled_at = 1 WHERE username IN ('bob', 'eve')");
    let token = app.token_of("admin").await;

    for (query, found) in [
        ("role=editor", &["ann", "bob"][..]),
        ("role=admin", &["admin"]),
        ("role=nobody", &[]),
        ("disabled=true", &["bob", "eve"]),
        ("disabled=false", &["admin", "ann"]),
        ("role=editor&disabled=true&q=B", &["bob"]),
    ] {
        assert_eq!(names(&app.get_as(&token, &format!("/users?{query}")).await.json()), found, "{query}");
    }
}

fn names(page: &Value) -> Vec<&str> {
    page["users"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect()
}

async fn an_invalid_page_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of("admin").await;

    for query in [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1.5",
        "limit=70000",
        "after=-1",
        "after=x",
        "after=9223372036854775808",
        "limit=1&limit=2",
        "page=2",
        "limit",
        "%00=1",
        "limit=%FF",
        "=",
        "limit=%",
        "[]=1",
        "q=%00",
        "q=a&q=b",
        "role=Admin",
        "role=",
        "disabled=yes",
        "disabled=1",
        "disabled=",
    ] {
        let response = app.get_as(&token, &format!("/users?{query}")).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{query}");
    }
}

async fn authorization_is_checked_before_the_query(database: Database) {
    let app = TestApp::spawn(database).await;

    let response = app.get_as(&app.token_of("admin").await, "/users?limit=x").await;

    assert_eq!(response.status, 400);
    assert_eq!(app.get("/users?limit=x").await.status, 401);
}
