//! What the login pages consist of, their settings, and the page at `/`.

use std::fs;

use auth_service::Config;
use tempfile::TempDir;

use crate::{
    start_up::start_error,
    support::{Database, TestApp, config_for},
};

on_both_databases!(
    without_the_playground_the_root_says_what_this_is,
    the_style_sheet_has_the_colour_of_the_settings,
    without_a_logo_there_is_ours_in_that_colour,
);

async fn spawn(database: Database, change: impl FnOnce(&mut Config)) -> TestApp {
    let mut config = config_for(&database);
    change(&mut config);
    TestApp::spawn_with(database, config).await
}

async fn without_the_playground_the_root_says_what_this_is(database: Database) {
    let app = spawn(database, |config| config.pages.name = Some("Example & Sons".to_owned())).await;

    let page = app.get("/").await;

    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    page.assert_browser_rules();
    assert!(page.body.contains("<html lang=\"en\">") && page.body.contains("Example &#38; Sons"), "{}", page.body);
    for path in ["/docs", "/pages/style.css", "/pages/logo"] {
        assert!(page.body.contains(&format!("\"{path}\"")), "{path}");
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}

async fn the_style_sheet_has_the_colour_of_the_settings(database: Database) {
    let app = spawn(database, |config| config.pages.color = "#00407A".into()).await;

    let style = app.get("/pages/style.css").await;

    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(style.body.contains("--accent: #00407a;"), "{}", style.body);
    style.assert_browser_rules();
}

async fn without_a_logo_there_is_ours_in_that_colour(database: Database) {
    let app = spawn(database, |config| config.pages.color = "#00407a".into()).await;

    let logo = app.get("/pages/logo").await;

    assert_eq!(logo.header("content-type"), Some("image/svg+xml"));
    assert!(logo.body.contains("fill=\"#00407a\""), "{}", logo.body);
    logo.assert_browser_rules();
}

#[actix_web::test]
async fn the_logo_of_the_settings_replaces_the_name() {
    let folder = TempDir::new().unwrap();
    let svg = "<?xml version=\"1.0\"?>\n<!-- ours -->\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    for (file, content, content_type) in [
        ("logo", svg.as_bytes(), "image/svg+xml"),
        ("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), "image/png"),
    ] {
        let path = folder.path().join(file);
        fs::write(&path, content).unwrap();
        let app = spawn(Database::sqlite(), |config| config.pages.logo = Some(path)).await;

        let (logo, page) = (app.get("/pages/logo").await, app.get("/").await);

        assert_eq!(logo.header("content-type"), Some(content_type));
        assert!(page.body.contains("alt=\"localhost\""), "{}", page.body);
    }
}

#[actix_web::test]
async fn a_logo_that_no_browser_would_show_is_refused_at_startup() {
    let folder = TempDir::new().unwrap();
    let large = format!("<svg>{}</svg>", " ".repeat(64 * 1024));
    for (file, content) in [
        ("text", Some("not a logo".as_bytes())),
        ("html", Some(b"<html><script>alert(1)</script></html>")),
        ("empty", Some(b"")),
        ("gif", Some(b"GIF89a\x01\x00\x01\x00")),
        ("large", Some(large.as_bytes())),
        ("missing", None),
    ] {
        let (database, path) = (Database::sqlite(), folder.path().join(file));
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let mut config = config_for(&database);
        config.pages.logo = Some(path);

        let message = start_error(config).await;

        assert!(message.starts_with("AUTH__PAGES__LOGO: ") && message.contains(file), "{message}");
    }
}

#[test]
fn a_name_or_a_colour_that_does_not_fit_the_pages_is_refused_by_name() {
    let too_long = "n".repeat(61);
    for (variable, value) in [
        ("AUTH__PAGES__NAME", " "),
        ("AUTH__PAGES__NAME", "two\nlines"),
        ("AUTH__PAGES__NAME", &*too_long),
        ("AUTH__PAGES__COLOR", "red"),
        ("AUTH__PAGES__COLOR", "#fff"),
        ("AUTH__PAGES__COLOR", "#ff8800"),
        ("AUTH__PAGES__COLOR", "#a83a0c; } body { display: none"),
    ] {
        let error = Config::from_environment([(variable.to_owned(), value.to_owned())]).unwrap_err();

        assert_eq!(error.setting(), variable, "{value}");
    }
}
