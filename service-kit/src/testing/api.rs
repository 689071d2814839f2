//! A running service as its tests talk to it.
#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test that gets no answer shall stop with a word")]

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use actix_web::rt::{task::spawn_blocking, time::sleep};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tokio::time::Instant;

/// A running service as its tests talk to it: over HTTP.
#[derive(Clone)]
pub struct Api {
    client: Client,
    url: String,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What clients match on in an error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorCode {
    /// The HTTP status.
    pub status: u16,
    /// The value of `error`.
    pub code: String,
}

impl PartialEq<(u16, &str)> for ErrorCode {
    fn eq(&self, (status, code): &(u16, &str)) -> bool {
        (self.status, &*self.code) == (*status, *code)
    }
}

impl Api {
    /// The service at that URL.
    pub fn at(url: impl Into<String>) -> Self {
        // Without TLS no root certificates are needed, and a proxy is not wanted.
        let client = Client::builder().tls_certs_only([]).no_proxy().build().expect("a client without TLS can be made");
        Self { client, url: url.into() }
    }

    /// Where the service is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `GET`, without a token.
    pub async fn get(&self, path: &str) -> Answer {
        send(self.request("GET", path)).await
    }

    /// `GET` with this token.
    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        send(self.request("GET", path).bearer_auth(token)).await
    }

    /// `GET` with one header.
    pub async fn get_with(&self, name: &str, value: &str, path: &str) -> Answer {
        send(self.request("GET", path).header(name, value)).await
    }

    /// `POST` of this JSON, without a token.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request("POST", path).json(body)).await
    }

    /// `POST` of this JSON with this token.
    pub async fn post_as(&self, token: &str, path: &str, body: &Value) -> Answer {
        send(self.request("POST", path).bearer_auth(token).json(body)).await
    }

    /// Any other request, to be sent with [`send`].
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("the method is one");
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Exactly these bytes over a connection of its own. They should ask for `Connection: close`.
    pub async fn send_raw(&self, request: impl Into<Vec<u8>>) -> Answer {
        let (address, request) = (self.url.trim_start_matches("http://").to_owned(), request.into());
        let exchange = move || {
            let mut stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            stream.write_all(&request)?;
            stream.shutdown(Shutdown::Write)?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            io::Result::Ok(answer)
        };
        let answer = spawn_blocking(exchange).await.expect("the thread ends").expect("the service answers");
        parse(&String::from_utf8(answer).expect("the answer is text"))
    }

    /// Asks for `path` again and again until the answer has this status.
    ///
    /// # Panics
    /// If that takes longer than 20 seconds.
    pub async fn until(&self, path: &str, status: u16) -> Answer {
        self.until_sent(|| self.request("GET", path), |answer| answer.status == status).await
    }

    /// The same with this token.
    ///
    /// # Panics
    /// If that takes longer than 20 seconds.
    pub async fn until_as(&self, token: &str, path: &str, status: u16) -> Answer {
        self.until_sent(|| self.request("GET", path).bearer_auth(token), |answer| answer.status == status).await
    }

    /// The same until the answer is as it should be.
    ///
    /// # Panics
    /// If that takes longer than 20 seconds.
    pub async fn until_it(&self, path: &str, is_so: impl Fn(&Answer) -> bool) -> Answer {
        self.until_sent(|| self.request("GET", path), is_so).await
    }

    async fn until_sent(&self, request: impl Fn() -> RequestBuilder, is_so: impl Fn(&Answer) -> bool) -> Answer {
        eventually(async || match request().send().await {
            Ok(response) => Some(read(response).await).filter(|answer| is_so(answer)),
            Err(_) => None,
        })
        .await
    }
}

/// Looks again and again until there is something.
///
/// # Panics
/// If that takes longer than 20 seconds.
pub async fn eventually<T>(look: impl AsyncFn() -> Option<T>) -> T {
    const PAUSE: Duration = Duration::from_millis(10);
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "what is waited for never comes");
        sleep(PAUSE).await;
    }
}

impl Answer {
    /// The body, which must be JSON and say so.
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A figure of `/metrics`, by its name and labels as they are written there.
    pub fn figure(&self, name: &str) -> Option<&str> {
        self.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
    }

    /// All figures of that name, with their labels, in the order of the alphabet.
    pub fn figures(&self, name: &str) -> Vec<&str> {
        let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        let mut lines: Vec<_> = self.body.lines().filter(of_name).collect();
        lines.sort_unstable();
        lines
    }

    /// Status and code of an error answer, to be compared with `(status, "code")`.
    pub fn code(&self) -> ErrorCode {
        let (status, code, _) = self.error();
        ErrorCode { status, code }
    }

    /// Status, code and message of an error answer, whose body has nothing else, and which no cache may keep.
    pub fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let members = body.as_object().unwrap_or_else(|| panic!("{self:?}"));
        assert_eq!(members.keys().collect::<Vec<_>>(), ["error", "message"], "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned();
        (self.status, text("error"), text("message"))
    }
}

/// An error answer as a test expects it, to be compared with [`Answer::error`].
pub fn error(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

/// Sends a request and reads the answer.
pub async fn send(request: RequestBuilder) -> Answer {
    read(request.send().await.expect("the service answers")).await
}

async fn read(response: reqwest::Response) -> Answer {
    let status = response.status().as_u16();
    let headers = response.headers();
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let body = response.text().await.expect("the answer has a body of text");
    Answer { status, headers, body }
}

fn parse(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no HTTP answer: {answer:?}"));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Answer {
        status: status.unwrap_or_else(|| panic!("no HTTP status: {answer:?}")),
        headers: headers.collect(),
        body: body.to_owned(),
    }
}
