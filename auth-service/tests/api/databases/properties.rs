//! PostgreSQL databases with unusual properties.

use service_kit::testing::send;

use auth_service::App;

use crate::support::{Database, TestApp, and_admin, config_for};

#[actix_web::test]
async fn a_database_that_cannot_be_used_is_refused_by_name_with_a_remedy() {
    for (options, setting, problem) in [
        ("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0", None, "LATIN1"),
        ("", Some("default_transaction_read_only = on"), "default_transaction_read_only"),
        ("", Some("search_path = nowhere"), "no schema"),
    ] {
        let Some(database) = Database::postgres_with(options) else { return };
        if let Some(setting) = setting {
            database.execute(&format!("ALTER DATABASE {} SET {setting}", database.name()));
        }

        let refused = App::build(config_for(&database)).await.err().unwrap().to_string();

        assert!(refused.starts_with("AUTH__DATABASE__URL: ") && refused.contains(problem), "{refused}");
    }
}

/// `initdb` chooses this encoding in the locale C.
#[actix_web::test]
async fn a_database_without_an_encoding_works() {
    let options = "ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0";
    let Some(database) = Database::postgres_with(options) else { return };
    let app = TestApp::spawn_with(database.clone(), and_admin(config_for(&database))).await;
    let name = "jürgen";

    assert_eq!(app.register(name).await.status, 201);
    assert_eq!(app.register("JÜRGEN").await.status, 400);
    assert_eq!(app.log_in(name).await.status, 200);
    assert!(app.users().await.to_string().contains(name));
}

#[actix_web::test]
async fn unusual_defaults_of_a_database_change_nothing() {
    let Some(database) = Database::postgres() else { return };
    for setting in [
        "default_transaction_isolation = 'serializable'",
        "default_transaction_deferrable = on",
        "standard_conforming_strings = off",
        "bytea_output = 'escape'",
        "datestyle = 'SQL, DMY'",
        "intervalstyle = 'sql_standard'",
        "extra_float_digits = -15",
        "client_encoding = 'LATIN1'",
    ] {
        database.execute(&format!("ALTER DATABASE {} SET {setting}", database.name()));
    }
    let app = TestApp::spawn_with(database.clone(), and_admin(config_for(&database))).await;
    let name = "jürgen";
    let registered = app.register(name).await;
    let refresh_token = app.refresh_token_of(name).await;
    let refreshed = send(app.request("POST", "/refresh").bearer_auth(refresh_token)).await;
    let parallel = futures_util::future::join_all((0..20).map(|_| app.log_in(name))).await;

    assert_eq!((registered.status, refreshed.status), (201, 200));
    assert!(parallel.iter().all(|login| login.status == 200), "{parallel:?}");
    assert!(app.users().await.to_string().contains(name));
}
