//! Chromium applies `form-action` of a page's policy to all redirects that follow the page's form, also those of other servers.

use std::net::TcpListener;

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::header::LOCATION,
    rt,
    web::{Html, to},
};
use serde_json::json;

use crate::{demo_cluster::DemoCluster, in_a_browser, screen::DESKTOP, web_driver::Browser};

#[actix_web::test]
async fn a_login_ends_where_the_application_redirects_to_in_its_turn() {
    in_a_browser(async |browser| {
        let cluster = DemoCluster::start().await;
        let port = application();
        // By another name, the same machine is another origin.
        let callback = format!("http://localhost:{port}/callback");
        let arrived = format!("http://127.0.0.1:{port}/arrived");
        for (name, first_party) in [("shop", false), ("own", true)] {
            let uris = [&callback];
            let client = json!({ "name": name, "kind": "web", "redirect_uris": uris, "post_logout_uris": uris,
                                 "first_party": first_party });
            cluster.register(&client).await;
        }
        browser.look(DESKTOP, "light").await;

        for response_mode in ["query", "form_post"] {
            let authorize = |client| cluster.authorize(client, &callback, &[("response_mode", response_mode)]);
            // After the login, and after the consent.
            browser.forget_cookies().await;
            browser.go_to(&authorize("own")).await;
            log_in(browser).await;
            arrives(browser, &arrived, "code=").await;
            browser.go_to(&format!("{}&prompt=consent", authorize("shop"))).await;
            browser.click("[value=allow]").await;
            arrives(browser, &arrived, "code=").await;

            // Without any page, after a refusal, and after a cancelled login.
            browser.go_to(&authorize("own")).await;
            arrives(browser, &arrived, "code=").await;
            browser.go_to(&format!("{}&prompt=consent", authorize("shop"))).await;
            browser.click("[value=deny]").await;
            arrives(browser, &arrived, "error=access_denied").await;
            browser.go_to(&format!("{}&prompt=login", authorize("own"))).await;
            browser.click("[value=deny]").await;
            arrives(browser, &arrived, "error=access_denied").await;
        }

        // After a logout.
        let logout = reqwest::Url::parse_with_params(
            &format!("{}/oauth/logout", cluster.issuer.url()),
            [("client_id", "own"), ("post_logout_redirect_uri", &callback), ("state", "logout")],
        );
        browser.go_to(logout.unwrap().as_str()).await;
        browser.click("[value=allow]").await;
        arrives(browser, &arrived, "state=logout").await;
        assert_eq!(browser.messages().await, [""; 0]);
    })
    .await;
}

async fn log_in(browser: &Browser) {
    browser.type_into("#username", "user_01").await;
    browser.type_into("#password", "1234").await;
    browser.click("main form .primary").await;
}

/// Waits for the page at the end, which shows what the application has received.
async fn arrives(browser: &Browser, arrived: &str, reported: &str) {
    browser.until_text("h1", "Arrived").await;
    assert!(browser.url().await.starts_with(arrived));
    let text = browser.text("p").await;
    assert!(text.contains(reported), "{text}");
    // So that the next login does not seem to have arrived already.
    browser.go_to("about:blank").await;
}

/// An application whose callback redirects to another origin.
fn application() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let callback = move |req: HttpRequest, form: String| async move {
        let reported = if form.is_empty() { req.query_string().to_owned() } else { form };
        let next = format!("http://127.0.0.1:{port}/arrived?{reported}");
        HttpResponse::SeeOther().insert_header((LOCATION, next)).finish()
    };
    let arrived = async |req: HttpRequest| {
        let reported = req.query_string().replace('&', " ");
        let style = "<link rel=icon href='data:,'>";
        Html::new(format!("<!doctype html><title>Arrived</title>{style}<h1>Arrived</h1><p>{reported}</p>"))
    };
    let app = move || App::new().route("/callback", to(callback)).route("/arrived", to(arrived));
    rt::spawn(HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run());
    port
}
