//! `auth-service clients` for clients that log users in: create, show, set and apply.

use std::fs;

use auth_service::{App, ClientKind, ClientRegistration};
use serde_json::{Value, json};
use service_kit::testing::{Ended, Program};
use tempfile::TempDir;

use crate::support::{Database, MASTER_KEY, PROGRAM, config_for};

on_both_databases!(
    clients_of_each_kind_are_created_with_what_they_need,
    row_05_a_client_that_makes_no_sense_is_rejected,
    names_differ_in_more_than_the_suffix,
    what_is_registered_can_be_changed,
    a_public_client_has_no_secret_to_rotate,
    a_file_of_clients_is_applied_and_its_differences_are_shown,
    a_file_with_a_mistake_changes_nothing,
    secrets_that_cannot_be_printed_leave_all_clients_as_they_were,
    a_program_registers_its_own_client_whenever_it_starts,
);

const WEB: &[&str] = &["clients", "create", "shop", "--kind", "web", "--redirect-uri", "https://shop.example/callback"];

async fn clients_of_each_kind_are_created_with_what_they_need(database: Database) {
    done(&database, &["migrate"]);

    let web = json_of(
        &database,
        &[
            WEB,
            &["https://shop.example/other", "--post-logout-uri", "https://shop.example/", "--backchannel-logout-uri"],
            &["https://shop.example/backchannel-logout", "--scope", "openid profile", "--first-party", "--no-pkce"],
            &["--json"],
        ]
        .concat(),
    );
    let create = |name, kind, uri, origin: &[&str]| {
        let arguments = ["clients", "create", name, "--kind", kind, "--redirect-uri", uri, "--json"];
        json_of(&database, &[&arguments, origin].concat())
    };
    let browser = create("spa", "browser", "https://spa.example/", &["--origin", "https://spa.example"]);
    let native = create("app", "native", "com.example.app:/callback", &[]);
    let service = json_of(&database, &["clients", "create", "reports", "--json"]);

    assert_eq!((&web["client_id"], &web["kind"]), (&json!("shop"), &json!("web")));
    assert_eq!(web["redirect_uris"], json!(["https://shop.example/callback", "https://shop.example/other"]));
    assert_eq!((&web["first_party"], &web["requires_pkce"]), (&json!(true), &json!(false)));
    assert_eq!(
        (&web["scope"], &browser["scope"]),
        (&json!("openid profile"), &json!("email offline_access openid profile"))
    );
    assert_eq!((&service["client_id"], &service["scope"]), (&json!("reports@clients"), &json!("")));
    for (client, has_secret) in [(&web, true), (&browser, false), (&native, false), (&service, true)] {
        assert_eq!(client["client_secret"].is_string(), has_secret, "{client}");
    }
    let hashes =
        database.rows("SELECT id || ' ' || secret_hash AS text FROM clients WHERE secret_hash = '' ORDER BY id");
    assert_eq!(hashes, ["app ", "spa "]);
    let shown = json_of(&database, &["clients", "show", "spa", "--json"]);
    assert_eq!((&shown["origins"], shown.get("client_secret")), (&json!(["https://spa.example"]), None));
    let lines = done(&database, &["clients", "show", "shop"]);
    assert!(lines.contains("redirect_uris  https://shop.example/other\n"), "{lines}");
}

async fn row_05_a_client_that_makes_no_sense_is_rejected(database: Database) {
    done(&database, &["migrate"]);

    for arguments in [
        &["--kind", "web"][..],
        &["--kind", "webs", "--redirect-uri", "https://x.example/"],
        &["--kind", "web", "--redirect-uri", "http://x.example/"],
        &["--kind", "web", "--redirect-uri", "https://x.example/#top"],
        &["--kind", "web", "--redirect-uri", "/callback"],
        &["--kind", "web", "--redirect-uri", "javascript:alert(1)"],
        &["--kind", "web", "--redirect-uri", "com.example.app:/callback"],
        &["--kind", "browser", "--redirect-uri", "com.example.app:/callback"],
        &["--kind", "native", "--redirect-uri", "myapp:/callback"],
        &["--kind", "browser", "--redirect-uri", "https://x.example/", "--no-pkce"],
        &["--kind", "native", "--redirect-uri", "com.example.app:/callback", "--no-pkce"],
        &["--kind", "browser", "--redirect-uri", "https://x.example/", "--origin", "http://x.example"],
        &["--kind", "browser", "--redirect-uri", "https://x.example/", "--origin", "https://x.example/"],
        &["--kind", "browser", "--redirect-uri", "https://x.example/", "--origin", "*"],
        &["--kind", "web", "--redirect-uri", "https://x.example/", "--post-logout-uri", "http://x.example/"],
        &["--kind", "web", "--redirect-uri", "https://x.example/", "--backchannel-logout-uri", "http://x.example/"],
        &["--redirect-uri", "https://x.example/"],
        &["--origin", "https://x.example"],
        &["--first-party"],
    ] {
        let ended = run(&database, &[&["clients", "create", "x"], arguments].concat());

        assert_eq!((ended.code, &*ended.output), (Some(2), ""), "{arguments:?}: {ended:?}");
    }
    assert_eq!(database.rows("SELECT id AS text FROM clients"), [""; 0]);
}

async fn names_differ_in_more_than_the_suffix(database: Database) {
    done(&database, &["migrate"]);
    done(&database, WEB);
    done(&database, &["clients", "create", "reports"]);

    let as_service = run(&database, &["clients", "create", "shop"]);
    let as_web =
        run(&database, &["clients", "create", "reports", "--kind", "web", "--redirect-uri", "https://x.example/"]);
    let with_suffix =
        run(&database, &["clients", "create", "x@clients", "--kind", "web", "--redirect-uri", "https://x.example/"]);

    assert_eq!((as_service.code, as_web.code, with_suffix.code), (Some(1), Some(1), Some(2)));
    assert_eq!(run(&database, &["clients", "delete", "shop@clients"]).code, Some(1), "no service");
    assert_eq!(done(&database, &["clients", "delete", "shop"]), "shop is deleted, and its tokens are revoked.\n");
}

async fn what_is_registered_can_be_changed(database: Database) {
    done(&database, &["migrate"]);
    done(&database, &[WEB, &["--post-logout-uri", "https://shop.example/", "--first-party"]].concat());

    let set = ["clients", "set", "shop", "--redirect-uri", "https://new.example/", "--scope", "openid", "--json"];
    let changed =
        json_of(&database, &[&set[..], &["--post-logout-uri", "", "--first-party=false", "--no-pkce"]].concat());
    let wrong = run(&database, &["clients", "set", "shop", "--redirect-uri", "http://new.example/"]);
    let without = run(&database, &["clients", "set", "shop", "--redirect-uri", ""]);
    let unknown = run(&database, &["clients", "set", "other", "--scope", "a"]);

    assert_eq!(
        (&changed["redirect_uris"], &changed["post_logout_uris"]),
        (&json!(["https://new.example/"]), &json!([]))
    );
    assert_eq!((&changed["first_party"], &changed["requires_pkce"]), (&json!(false), &json!(false)));
    assert_eq!((&changed["scope"], &changed["kind"]), (&json!("openid"), &json!("web")));
    assert_eq!((wrong.code, without.code, unknown.code), (Some(2), Some(2), Some(1)));
    assert_eq!(json_of(&database, &["clients", "show", "shop", "--json"]), changed);
    let audited = database.rows("SELECT detail AS text FROM audit_log WHERE action = 'client_changed'");
    assert_eq!(audited.len(), 1);
    assert!(audited[0].contains("redirect_uris -https://shop.example/callback +https://new.example/"), "{audited:?}");
}

async fn a_public_client_has_no_secret_to_rotate(database: Database) {
    done(&database, &["migrate"]);
    let create = ["clients", "create", "spa", "--kind", "browser", "--redirect-uri", "https://spa.example/"];
    let shown = done(&database, &create);

    let rotated = run(&database, &["clients", "rotate", "spa"]);

    assert_eq!(shown, "client_id      spa\nThe client is public and has no secret.\n");
    assert_eq!((rotated.code, &*rotated.output), (Some(1), ""));
    assert_eq!(database.rows("SELECT secret_hash AS text FROM clients"), [""]);
}

async fn a_file_of_clients_is_applied_and_its_differences_are_shown(database: Database) {
    done(&database, &["migrate"]);
    done(&database, WEB);
    done(&database, &["clients", "create", "old"]);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("clients.toml");
    let text = r#"
        [clients.reports]
        scope = "reports:read"

        [clients.shop]
        kind = "web"
        redirect_uris = ["https://new.example/callback"]
    "#;
    fs::write(&file, text).unwrap();
    let apply = ["clients", "apply", file.to_str().unwrap()];

    let planned = done(&database, &[&apply[..], &["--dry-run", "--prune"]].concat());
    let before = database.rows("SELECT id AS text FROM clients ORDER BY id");
    let applied = done(&database, &apply);
    let again = done(&database, &apply);
    let pruned = json_of(&database, &[&apply[..], &["--prune", "--json"]].concat());

    let differences = "\
~ shop
    redirect_uris  - https://shop.example/callback
    redirect_uris  + https://new.example/callback
";
    assert!(planned.starts_with("- old@clients\n+ reports@clients\n"), "{planned}");
    assert!(planned.contains(differences) && planned.ends_with("\nNothing was changed.\n"), "{planned}");
    assert_eq!(before, ["old@clients", "shop"]);
    assert!(applied.contains(differences) && applied.contains("    client_secret  cs1."), "{applied}");
    assert_eq!(again, "The clients are as in the file.\n");
    assert_eq!(pruned["changes"], json!([{ "action": "delete", "client_id": "old@clients" }]));
    assert_eq!(database.rows("SELECT id AS text FROM clients ORDER BY id"), ["reports@clients", "shop"]);
}

async fn a_file_with_a_mistake_changes_nothing(database: Database) {
    done(&database, &["migrate"]);
    done(&database, &["clients", "create", "reports"]);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("clients.toml");

    for text in [
        "[clients.new]\n[clients.x]\nkind = \"web\"",
        "[clients.new]\n[clients.x]\ntypo = 1",
        "[clients.new]\n[clients.reports]\nkind = \"web\"\nredirect_uris = [\"https://x.example/\"]",
        "[clients.new]\n[clients.new]",
        "no toml",
    ] {
        fs::write(&file, text).unwrap();

        let ended = run(&database, &["clients", "apply", file.to_str().unwrap()]);

        assert_eq!((ended.code, &*ended.output), (Some(1), ""), "{text}: {ended:?}");
    }
    assert_eq!(run(&database, &["clients", "apply", "nowhere.toml"]).code, Some(1));
    assert_eq!(database.rows("SELECT id AS text FROM clients"), ["reports@clients"]);
}

async fn secrets_that_cannot_be_printed_leave_all_clients_as_they_were(database: Database) {
    done(&database, &["migrate"]);
    done(&database, &["clients", "create", "old"]);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("clients.toml");
    fs::write(&file, "[clients.new]").unwrap();
    let variables = [("AUTH__DATABASE__URL", database.url()), ("AUTH__MASTER_KEY", MASTER_KEY)];

    let command = format!("exec {PROGRAM} clients apply {} --prune > /dev/full", file.display());
    let ended = Program::start("/bin/sh", &["-c", &command], &variables).end();

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(database.rows("SELECT id AS text FROM clients"), ["old@clients"]);
}

async fn a_program_registers_its_own_client_whenever_it_starts(database: Database) {
    let app = App::build(config_for(&database)).await.unwrap();
    let mut registration = ClientRegistration::new(ClientKind::Web, vec!["http://127.0.0.1:5010/callback".to_owned()]);

    let first = app.register_client("demo", &registration).await.unwrap().unwrap();
    registration.redirect_uris = vec!["http://127.0.0.1:5011/callback".to_owned()];
    let second = app.register_client("demo", &registration).await.unwrap().unwrap();
    registration.kind = ClientKind::Service;
    let other_kind = app.register_client("demo", &registration).await;

    assert_ne!(first.expose(), second.expose());
    assert!(other_kind.is_err());
    assert_eq!(database.rows("SELECT redirect_uris AS text FROM clients"), ["http://127.0.0.1:5011/callback"]);
    assert_eq!(database.rows("SELECT id AS text FROM clients WHERE previous_until IS NOT NULL"), [""; 0]);
}

fn json_of(database: &Database, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(database, arguments)).unwrap()
}

fn done(database: &Database, arguments: &[&str]) -> String {
    let ended = run(database, arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    ended.output
}

fn run(database: &Database, arguments: &[&str]) -> Ended {
    let variables = [("AUTH__DATABASE__URL", database.url()), ("AUTH__MASTER_KEY", MASTER_KEY)];
    Program::start(PROGRAM, arguments, &variables).end()
}
