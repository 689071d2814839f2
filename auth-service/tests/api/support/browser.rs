//! A browser without scripts: it keeps cookies, and sends forms.

use std::collections::BTreeMap;

use reqwest::{Client, redirect::Policy};
use service_kit::testing::{Api, Response, send};

const FORM: &str = "application/x-www-form-urlencoded";

/// A browser at one service. It follows no redirect by itself.
pub struct Browser {
    client: Client,
    url: String,
    cookies: BTreeMap<String, String>,
}

/// The form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// Its hidden fields.
    pub hidden: Vec<(String, String)>,
}

impl Browser {
    /// Without cookies.
    pub fn new(api: &Api) -> Self {
        let client = Client::builder().redirect(Policy::none()).no_proxy().tls_certs_only([]).build().unwrap();
        Self { client, url: api.url().to_owned(), cookies: BTreeMap::new() }
    }

    /// The same browser at another node.
    pub fn at(&self, api: &Api) -> Self {
        Self { client: self.client.clone(), url: api.url().to_owned(), cookies: self.cookies.clone() }
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Sets a cookie.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Opens a page.
    pub async fn open(&mut self, path: &str) -> Response {
        let request = self.client.get(self.absolute(path));
        self.send(request).await
    }

    /// Sends a form.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self
            .client
            .post(self.absolute(path))
            .header("Content-Type", FORM)
            .body(serde_urlencoded::to_string(fields).unwrap());
        self.send(request).await
    }

    /// Sends the form of a page with these fields.
    pub async fn submit(&mut self, page: &Response, fields: &[(&str, &str)]) -> Response {
        let Form { action, hidden } = form_of(page);
        let hidden = hidden.iter().map(|(name, value)| (&**name, &**value));
        let all: Vec<_> = hidden.chain(fields.iter().copied()).collect();
        self.post(&action, &all).await
    }

    /// The same, as browsers do that say which site the form is from (`Sec-Fetch-Site`).
    pub async fn submit_from(&mut self, site: &str, page: &Response, fields: &[(&str, &str)]) -> Response {
        let Form { action, hidden } = form_of(page);
        let hidden = hidden.iter().map(|(name, value)| (&**name, &**value));
        let all: Vec<_> = hidden.chain(fields.iter().copied()).collect();
        let request = self.request(reqwest::Method::POST, &action).header("Content-Type", FORM);
        let request = request.header("Sec-Fetch-Site", site).body(serde_urlencoded::to_string(all).unwrap());
        self.send(request).await
    }

    /// Sends any request with the cookies.
    pub async fn send(&mut self, request: reqwest::RequestBuilder) -> Response {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header("Cookie", cookies.join("; ")) };
        let response = send(request).await;
        for (_, cookie) in response.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    /// Any other request.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.absolute(path))
    }

    fn absolute(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) }
    }
}

/// The first form of a page; it has no action if there is none.
pub fn form_of(page: &Response) -> Form {
    let form = page.body.split("<form").nth(1).unwrap_or_default();
    let form = form.split("</form>").next().unwrap();
    let inputs = form.split("<input").skip(1).map(|input| input.split('>').next().unwrap());
    let hidden = inputs
        .filter(|input| attribute(input, "type").as_deref() == Some("hidden"))
        .map(|input| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap_or_default()))
        .collect();
    Form { action: attribute(form.split('>').next().unwrap(), "action").unwrap_or_default(), hidden }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    let mut text = value.to_owned();
    for (escaped, plain) in [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")] {
        text = text.replace(escaped, plain);
    }
    Some(text)
}
