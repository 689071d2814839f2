//! Clients that are too slow, or have too many connections.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use actix_web::rt::{task::spawn_blocking, time::sleep};
use service_kit::{ConnectionConfig, testing::eventually};
use socket2::{Domain, Socket, Type};

use crate::server::Server;

const HEAD: &str = "HTTP/1.1\r\nHost: x\r\n";

#[actix_web::test]
async fn slow_headers_end_the_connection() {
    let server = Server::start_with(one_second());
    let slow = connect(&server, "GET /notes HTTP/1.1\r\nHost: x\r\nX-Slow: ");

    let answer = rest_of(slow).await;

    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(server.get("/notes").await.status, 200);
    closed(&server, "slow_request").await;
}

#[actix_web::test]
async fn slow_headers_end_the_connection_also_after_a_request() {
    let server = Server::start_with(one_second());
    assert_eq!(server.get("/notes").await.status, 200);
    let mut slow = connect(&server, &format!("GET /notes {HEAD}\r\n"));
    let mut answer = [0; 12];
    slow.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");

    // It never stops sending.
    let slow =
        drip(slow, "GET /notes HTTP/1.1\r\nHost: x\r\nX-Slow: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx").await;

    assert!(slow.is_err());
    closed(&server, "slow_request").await;
}

#[actix_web::test]
async fn a_slow_body_gets_a_response_in_time() {
    let server = Server::start_with(one_second());
    let head = format!("POST /notes {HEAD}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n");
    let slow = connect(&server, &(head + "{\"text\":"));

    let answer = rest_of(slow).await;

    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"request_timeout\""), "{answer}");
    assert_eq!(server.get("/notes").await.status, 200);
}

#[actix_web::test]
async fn a_body_that_nobody_reads_cannot_be_sent_for_ever() {
    let server = Server::start_with(one_second());
    let chunked = format!("POST /nowhere {HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
    let slow = connect(&server, &chunked);

    let slow = drip(slow, &"1\r\nx\r\n".repeat(10)).await;

    assert!(slow.is_err());
}

#[actix_web::test]
async fn a_client_that_does_not_read_is_disconnected() {
    let server = Server::start_with(one_second());

    let unread = connect(&server, &format!("GET /large {HEAD}\r\n"));

    closed(&server, "slow_response").await;
    drop(unread);
}

/// More of them than are decoded ahead, with and without bodies, and handlers that respond later.
#[actix_web::test]
async fn pipelined_requests_get_responses_in_order() {
    let server = Server::start();
    let body = r#"{"text":"read"}"#;
    let json = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let three = format!("GET /notes {HEAD}\r\nPOST /notes {HEAD}{json}GET /logs {HEAD}\r\n");
    let sent = three.repeat(300) + &format!("GET /notes {HEAD}Connection: close\r\n\r\n");
    let stream = TcpStream::connect(address_of(&server)).unwrap();
    let mut sender = stream.try_clone().unwrap();
    let sending = spawn_blocking(move || sender.write_all(sent.as_bytes()));

    let answers = rest_of(stream).await;
    sending.await.unwrap().unwrap();

    let bodies: Vec<_> = answers.split("HTTP/1.1 200 OK").skip(1).map(|answer| answer.rsplit('\n').next()).collect();
    let expected = [Some("all notes"), Some("read 0"), Some("logged")].repeat(300);
    assert_eq!(bodies.len(), 901);
    assert_eq!(bodies[..900], expected);
}

#[actix_web::test]
async fn a_body_of_many_lines_is_read() {
    let server = Server::start();
    let head = format!("POST /notes {HEAD}Connection: close\r\nContent-Type: application/json\r\n");
    let body = format!("{{{}\"text\":\"read\"}}", "\r\n\r\n".repeat(100));
    let chunks: Vec<_> = body.split_inclusive('\n').map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len())).collect();

    for request in [
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", chunks.concat()),
    ] {
        let answer = rest_of(connect(&server, &request)).await;

        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[actix_web::test]
async fn an_address_cannot_take_all_connections() {
    let server = Server::start_with(ConnectionConfig { per_address: 2, ..ConnectionConfig::default() });
    let request = format!("GET /notes {HEAD}Connection: close\r\n\r\n");
    let held = [from([127, 0, 0, 2], &server), from([127, 0, 0, 2], &server)];
    eventually(async || (open(&server).await > 2).then_some(())).await;

    let mut refused = from([127, 0, 0, 2], &server);
    let mut other = from([127, 0, 0, 3], &server);
    // The connection may be closed already.
    let _ = refused.write_all(request.as_bytes());
    other.write_all(request.as_bytes()).unwrap();

    assert_eq!(rest_of(refused).await, "");
    assert!(rest_of(other).await.starts_with("HTTP/1.1 200 "));
    closed(&server, "address_limit").await;
    drop(held);
    eventually(async || (open(&server).await == 1).then_some(())).await;
    let mut again = from([127, 0, 0, 2], &server);
    again.write_all(request.as_bytes()).unwrap();
    assert!(rest_of(again).await.starts_with("HTTP/1.1 200 "));
}

#[actix_web::test]
async fn long_heads_are_refused_with_a_code() {
    let server = Server::start();
    let head = |path: &str, headers: &str| format!("GET {path} {HEAD}Connection: close\r\n{headers}\r\n");
    let notes = |len: usize| format!("/notes?{}", "x".repeat(len - "/notes?".len()));
    let long_header = |len: usize| format!("X-Long: {}\r\n", "x".repeat(len));

    assert_eq!(server.send_raw(head(&notes(8192), "")).await.status, 200);
    assert_eq!(server.send_raw(head(&notes(8193), "")).await.code(), (414, "uri_too_long"));
    assert_eq!(server.send_raw(head("/notes", &long_header(32_000))).await.status, 200);
    assert_eq!(server.send_raw(head("/notes", &long_header(33_000))).await.code(), (431, "headers_too_long"));
    // The HTTP library refuses more headers itself, without a body.
    assert_eq!(server.send_raw(head("/notes", &"X-Many: x\r\n".repeat(97))).await.status, 431);
}

fn one_second() -> ConnectionConfig {
    ConnectionConfig { headers_secs: 1, body_secs: 1, response_secs: 1, ..ConnectionConfig::default() }
}

/// A connection on which this has been sent.
fn connect(server: &Server, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address_of(server)).unwrap();
    stream.write_all(sent.as_bytes()).unwrap();
    stream
}

/// A connection from this address of this machine.
fn from(source: [u8; 4], server: &Server) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((source, 0)).into()).unwrap();
    socket.connect(&address_of(server).into()).unwrap();
    socket.into()
}

fn address_of(server: &Server) -> SocketAddr {
    server.url().trim_start_matches("http://").parse().unwrap()
}

/// What the server still sends before it closes the connection.
async fn rest_of(mut stream: TcpStream) -> String {
    let read = move || {
        let mut answer = Vec::new();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // An error is a connection that was reset.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    };
    spawn_blocking(read).await.unwrap()
}

/// Sends a byte every now and then, until the connection is closed, which is an error.
async fn drip(mut stream: TcpStream, text: &str) -> std::io::Result<()> {
    for byte in text.as_bytes() {
        stream.write_all(&[*byte])?;
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Waits until the server has closed a connection for this reason.
async fn closed(server: &Server, reason: &str) {
    let sample = format!("http_connections_closed_total{{reason=\"{reason}\"}} 1");
    server.until_matching("/metrics", |metrics| metrics.body.contains(&sample)).await;
}

/// The number of open connections, with the one that asks.
async fn open(server: &Server) -> usize {
    let metrics = server.get("/metrics").await;
    metrics.sample("http_connections_open").unwrap().parse().unwrap()
}
