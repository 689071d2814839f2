//! A bare actix-web server with one JSON route and no request ids, metrics or logs. `bench/compare` compares
//! `resource-service` with it. `cargo run --release -p shared --example bare -- 127.0.0.1:5009`

use std::{env, io};

use actix_web::{App, HttpServer, web};
use serde::Serialize;

#[derive(Serialize)]
struct Index {
    service: &'static str,
    instance: &'static str,
}

async fn index() -> web::Json<Index> {
    web::Json(Index { service: "resource-service", instance: "replica-1" })
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:5009".to_owned());
    HttpServer::new(|| App::new().route("/", web::get().to(index))).workers(1).bind(address)?.run().await
}
