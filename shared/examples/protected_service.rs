//! A complete protected service: `cargo run -p shared --features client --example protected_service`
//! beside the local cluster, then `curl -H "Authorization: Bearer $TOKEN" http://localhost:8080/reports`.

use std::{sync::Arc, time::Duration};

use actix_web::{App, HttpServer, Responder, web};
use shared::{
    Admin, ClaimsLookup, CurrentUser, Jwt, KeyStore, StatusPolicy, StatusStore, TokenVerifier,
    client::{IssuerUrl, JwksSource, KeyRefresher, StatusRefresher, StatusSource},
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
    let issuer = IssuerUrl::parse(ISSUER, false)?;
    let keys = Arc::new(KeyStore::refreshed(Duration::from_hours(24)));
    let source = JwksSource::of_issuer(ISSUER, issuer.clone())?;
    let _keys = KeyRefresher::spawn(Arc::clone(&keys), source, Duration::from_mins(1), None);
    let status = Arc::new(StatusStore::new(Duration::from_mins(5)));
    let source = StatusSource::of_issuer(ISSUER, issuer)?;
    let every = Duration::from_secs(2);
    let _status = StatusRefresher::spawn(Arc::clone(&status), Arc::clone(&keys), source, every, None);
    let verifier = TokenVerifier::new("resource-service").trust(ISSUER, keys);
    let verifier = web::Data::new(verifier.with_status(ISSUER, status, StatusPolicy::strict()));
    let lookup = user_lookup(ClaimsLookup);
    let app = move || {
        App::new()
            .app_data(verifier.clone())
            .app_data(lookup.clone())
            .service(web::resource("/reports").route(web::get().to(reports)).route(web::delete().to(delete_reports)))
    };
    Ok(HttpServer::new(app).bind("127.0.0.1:8080")?.run().await?)
}
