//! A small service behind a real socket, dressed as every service is.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use actix_web::{
    App,
    dev::ServerHandle,
    http::{
        Method,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
    rt,
    web::{self, Data},
};
use serde::Deserialize;
use service_kit::{
    ApiError, Envelope, Instance, JsonBody, Lifecycle, Metrics, RequestContext, ServerSettings, TrustedProxies, at,
    bind, no_such_route, serve,
};
use shared::{Jwt, testing::verifier};

use crate::answer::Answer;

pub(crate) const INSTANCE: &str = "replica-1";

/// It stops when this is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct Note {
    text: String,
    #[serde(default)]
    stars: u8,
}

async fn log_twice() -> &'static str {
    log::info!("on the worker");
    let context = RequestContext::current();
    let logged = web::block(move || {
        let _entered = context.enter();
        log::info!("on another thread");
    });
    logged.await.unwrap();
    "logged"
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = bind("127.0.0.1:0".parse().unwrap(), "LISTEN").unwrap();
        let address = listener.local_addr().unwrap();
        let settings = ServerSettings { workers: Some(1), blocking_threads: 1 };
        let app = || {
            let read = async |JsonBody(note): JsonBody<Note>| format!("{} {}", note.text, note.stars);
            let (metrics, proxies) = (Data::new(Metrics::new("notes", "0.1.0")), Data::new(TrustedProxies::default()));
            let envelope = Envelope::new(&Instance::from(INSTANCE.to_owned()), metrics, Lifecycle::default(), proxies);
            App::new()
                .app_data(Data::new(verifier()))
                .wrap(envelope)
                .service(at("/notes").get(async || "all notes").post(read))
                .service(at("/logs").get(log_twice))
                .service(at("/fault").get(async || Err::<&str, _>(ApiError::internal("no such table"))))
                .service(at("/protected").get(async |_: Jwt| "let in"))
                .default_service(web::to(no_such_route))
        };
        let server = serve(listener, settings, app).unwrap();
        let handle = server.handle();
        rt::spawn(server);
        let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self { address, handle, client }
    }

    pub(crate) async fn answer(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let method = method.as_str().parse().unwrap();
        let mut request = self.client.request(method, format!("http://{}{path}", self.address)).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in answer.headers() {
            let name = HeaderName::from_bytes(name.as_ref()).unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Answer::new(answer.status().as_u16(), headers, answer.text().await.unwrap())
    }

    /// Sends all of `request` as it stands, and only then reads what comes back until the server closes.
    pub(crate) async fn exchange(&self, request: Vec<u8>) -> String {
        let address = self.address;
        web::block(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            stream.write_all(&request).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        })
        .await
        .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

#[test]
fn a_burst_of_connections_is_accepted_before_any_is_served() {
    let listener = bind("127.0.0.1:0".parse().unwrap(), "LISTEN").unwrap();
    let address = listener.local_addr().unwrap();

    let crowd: Result<Vec<_>, _> =
        (0..300).map(|_| TcpStream::connect_timeout(&address, Duration::from_millis(900))).collect();

    assert_eq!(crowd.unwrap().len(), 300);
}
