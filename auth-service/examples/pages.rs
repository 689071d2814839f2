//! Shows all pages with made-up content, to look at while working on them; settings as of the service, such as
//! `AUTH__PAGES__COLOR`. `cargo run -p auth-service --example pages -- 5098`
#![expect(clippy::print_stdout, reason = "it prints its result")]

use std::{env, error::Error, net::Ipv4Addr};

use actix_web::{App, HttpServer};
use auth_service::{Config, page_samples::Samples};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::args().nth(1).map_or(Ok(5098), |text| text.parse())?;
    let config = Config::load(None)?;
    Samples::open(&config)?;
    let server = HttpServer::new(move || {
        App::new().configure(|app| {
            if let Ok(samples) = Samples::open(&config) {
                samples.register(app);
            }
        })
    });
    let server = server.workers(1).bind((Ipv4Addr::LOCALHOST, port))?;
    for name in Samples::names() {
        println!("http://127.0.0.1:{port}/samples/{name}");
    }
    Ok(server.run().await?)
}
