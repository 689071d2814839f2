//! The demo application: a user logs in at auth-service, and the application calls a replica.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

use std::collections::HashMap;

use actix_web::rt;
use local_cluster::{Arguments, Cluster, all_ready};
use reqwest::{Client, Method, Response, Url, header, redirect::Policy};
use service_kit::testing::eventually;
use tempfile::TempDir;

/// A browser that keeps cookies by host and port, and follows no redirect by itself.
struct Browser {
    client: Client,
    cookies: HashMap<(u16, String), String>,
}

struct Shown {
    url: Url,
    status: u16,
    location: Option<String>,
    policy: String,
    text: String,
}

impl Browser {
    fn new() -> Self {
        let client = Client::builder().redirect(Policy::none()).no_proxy().tls_certs_only([]).build().unwrap();
        Self { client, cookies: HashMap::new() }
    }

    async fn get(&mut self, url: &str) -> Shown {
        self.send(Method::GET, url, &[]).await
    }

    /// Sends a request, and follows redirects as browsers do.
    async fn send(&mut self, method: Method, url: &str, form: &[(&str, &str)]) -> Shown {
        let mut shown = self.send_once(method, url, form).await;
        for _ in 0..10 {
            let Some(location) = shown.location.take() else { break };
            let next = shown.url.join(&location).unwrap();
            shown = self.send_once(Method::GET, next.as_str(), &[]).await;
        }
        shown
    }

    async fn send_once(&mut self, method: Method, url: &str, form: &[(&str, &str)]) -> Shown {
        let url = Url::parse(url).unwrap();
        let port = url.port().unwrap();
        let own = self.cookies.iter().filter(|((of, _), _)| *of == port);
        let cookies: Vec<_> = own.map(|((_, name), value)| format!("{name}={value}")).collect();
        let mut request = self.client.request(method.clone(), url.clone()).header(header::COOKIE, cookies.join("; "));
        request = request.header(header::ACCEPT, "text/html").header("Sec-Fetch-Site", "same-origin");
        if method == Method::POST {
            let body = Url::parse_with_params("http://form", form).unwrap().query().unwrap_or_default().to_owned();
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        }
        let response = request.send().await.unwrap();
        self.keep_cookies(port, &response);
        let text_of = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, policy) =
            (text_of(header::LOCATION), text_of(header::CONTENT_SECURITY_POLICY).unwrap_or_default());
        let status = response.status().as_u16();
        Shown { url, status, location, policy, text: response.text().await.unwrap() }
    }

    fn keep_cookies(&mut self, port: u16, response: &Response) {
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(&(port, name.to_owned()));
            } else {
                self.cookies.insert((port, name.to_owned()), value.to_owned());
            }
        }
    }

    /// Sends the form of a page with these fields, and its hidden one.
    async fn submit(&mut self, page: &Shown, fields: &[(&str, &str)]) -> Shown {
        let action = between(&page.text, "action=\"", "\"").replace("&amp;", "&");
        let hidden = between(&page.text, "name=\"interaction\" value=\"", "\"");
        let url = page.url.join(&action).unwrap();
        let fields: Vec<_> = [("interaction", hidden)].into_iter().chain(fields.iter().copied()).collect();
        self.send(Method::POST, url.as_str(), &fields).await
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}")).1;
    rest.split_once(end).unwrap().0
}

#[actix_web::test]
async fn a_user_logs_in_to_the_demo_application_and_out_of_it() {
    let folder = TempDir::new().unwrap();
    let arguments = Arguments {
        auth_port: 0,
        resource_port: 0,
        replicas: 1,
        demo_port: 0,
        no_demo: false,
        data_dir: folder.path().to_owned(),
        database_url: None,
    };
    let cluster = Cluster::build(&arguments).await.unwrap();
    let (demo, replicas) = (cluster.demo_url().unwrap().to_owned(), cluster.replica_urls());
    let server = rt::spawn(async { cluster.run().await.unwrap() });
    all_ready(&replicas).await;
    let mut browser = Browser::new();
    let front = browser.get(&demo).await;
    // The application looks for its issuer when it starts.
    let login = eventually(async || {
        let page = Browser::new().get(&format!("{demo}/login")).await;
        (page.status == 200).then_some(())
    });
    login.await;

    let login = browser.get(&format!("{demo}/account")).await;
    let consent = browser.submit(&login, &[("username", "user_01"), ("password", "1234")]).await;
    let account = browser.submit(&consent, &[("decision", "allow")]).await;
    let logged_out = browser.send(Method::POST, &format!("{demo}/logout"), &[]).await;
    let again = browser.get(&format!("{demo}/account")).await;

    assert_eq!(front.status, 200);
    assert!(front.text.contains("href=\"/login\"") && front.policy.contains("frame-ancestors 'none'"));
    assert_eq!((account.status, account.url.path()), (200, "/account"), "{}", account.text);
    assert!(account.text.contains("Hello user_01"), "{}", account.text);
    assert!(account.text.contains("Welcome to your dashboard!"), "{}", account.text);
    assert!(!account.text.contains("eyJ"), "no token reaches the browser");
    assert_eq!(logged_out.status, 200, "{}", logged_out.text);
    assert!(again.text.contains("name=\"password\""), "{}", again.text);
    server.abort();
}
