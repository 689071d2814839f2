//! A browser without scripts: it keeps cookies, follows redirects, and sends forms.

use std::collections::HashMap;

use reqwest::{Client, Method, Response, Url, header, redirect::Policy};

/// A browser. All servers of a test have the same host, and so the same cookies.
pub struct UserAgent {
    client: Client,
    cookies: HashMap<String, String>,
}

/// What a browser shows in the end.
pub struct Shown {
    /// Its address.
    pub url: Url,
    /// The HTTP status.
    pub status: u16,
    /// The page.
    pub text: String,
    location: Option<String>,
}

impl UserAgent {
    /// Without cookies.
    pub fn new() -> Self {
        let client = Client::builder().redirect(Policy::none()).no_proxy().tls_certs_only([]).build().unwrap();
        Self { client, cookies: HashMap::new() }
    }

    /// Opens a page.
    pub async fn get(&mut self, url: &str) -> Shown {
        self.send(Method::GET, url, &[]).await
    }

    /// Sends a request, and follows redirects as browsers do, but not to a host that nobody has: one of the domain `.example`.
    pub async fn send(&mut self, method: Method, url: &str, form: &[(&str, &str)]) -> Shown {
        let mut shown = self.send_once(method, url, form).await;
        for _ in 0..10 {
            let Some(location) = shown.location.take() else { break };
            let next = shown.url.join(&location).unwrap();
            if next.host_str().is_some_and(|host| host.ends_with(".example")) {
                return Shown { url: next, ..shown };
            }
            shown = self.send_once(Method::GET, next.as_str(), &[]).await;
        }
        shown
    }

    async fn send_once(&mut self, method: Method, url: &str, form: &[(&str, &str)]) -> Shown {
        let url = Url::parse(url).unwrap();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.client.request(method.clone(), url.clone()).header(header::COOKIE, cookies.join("; "));
        request = request.header(header::ACCEPT, "text/html").header("Sec-Fetch-Site", "same-origin");
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(encoded(form));
        }
        let response = request.send().await.unwrap();
        self.keep_cookies(&response);
        let location = response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        Shown { url, status, text: response.text().await.unwrap(), location }
    }

    fn keep_cookies(&mut self, response: &Response) {
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Sends the form of a page with these fields, and its hidden one.
    pub async fn submit(&mut self, page: &Shown, fields: &[(&str, &str)]) -> Shown {
        let action = between(&page.text, "action=\"", "\"").replace("&amp;", "&");
        let hidden = between(&page.text, "name=\"interaction\" value=\"", "\"");
        let url = page.url.join(&action).unwrap();
        let fields: Vec<_> = [("interaction", hidden)].into_iter().chain(fields.iter().copied()).collect();
        self.send(Method::POST, url.as_str(), &fields).await
    }
}

/// The body of a form.
pub fn encoded(form: &[(&str, &str)]) -> String {
    Url::parse_with_params("http://form", form).unwrap().query().unwrap_or_default().to_owned()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}")).1;
    rest.split_once(end).unwrap().0
}
