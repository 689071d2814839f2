//! A complete protected service: `cargo run -p shared --features client --example protected_service`
//! beside the local cluster, then `curl -H "Authorization: Bearer $TOKEN" http://localhost:8080/reports`.

use std::{sync::Arc, time::Duration};

use actix_web::{App, HttpServer, Responder, web};
use shared::{
    Admin, ClaimsLookup, CurrentUser, Jwt, KeyStore, TokenVerifier,
    client::{IssuerUrl, JwksSource, KeyRefresher},
    user_lookup,
};

const ISSUER: &str = "http://localhost:5000";

async fn reports(user: CurrentUser) -> impl Responder {
    format!("Reports of {}\n", user.username)
}

async fn delete_reports(jwt: Jwt<Admin>) -> impl Responder {
    format!("{} has deleted all reports\n", jwt.identity())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keys = Arc::new(KeyStore::refreshed(Duration::from_hours(24)));
    let source = JwksSource::of_issuer(ISSUER, IssuerUrl::parse(ISSUER, false)?)?;
    let _refresher = KeyRefresher::spawn(Arc::clone(&keys), source, Duration::from_mins(1), None);
    let verifier = web::Data::new(TokenVerifier::new("resource-service").trust(ISSUER, keys));
    let lookup = user_lookup(ClaimsLookup);
    let app = move || {
        App::new()
            .app_data(verifier.clone())
            .app_data(lookup.clone())
            .service(web::resource("/reports").route(web::get().to(reports)).route(web::delete().to(delete_reports)))
    };
    Ok(HttpServer::new(app).bind("127.0.0.1:8080")?.run().await?)
}
