//! *Call another service*.

use actix_web::{
    error::ErrorBadGateway,
    web::{self, Data},
};
use serde_json::json;
use shared::{
    Admin, Jwt,
    client::{Credentials, IssuerUrl, TokenClient},
    testing::{claims, mint, resource_server},
};

use super::assert_shown_in;
use crate::{
    fake_issuer::{FakeIssuer, FakeResponse},
    support::TestApp,
};

/// The service to call.
struct Billing {
    url: String,
    http: reqwest::Client,
}

async fn invoices(_: Jwt<Admin>, tokens: Data<TokenClient>, billing: Data<Billing>) -> actix_web::Result<String> {
    let request = billing.http.get(format!("{}/invoices", billing.url));
    let response = tokens.send(request).await.map_err(ErrorBadGateway)?;
    response.text().await.map_err(ErrorBadGateway)
}

async fn own_invoices(jwt: Jwt, billing: Data<Billing>) -> actix_web::Result<String> {
    let request = billing.http.get(format!("{}/invoices/own", billing.url)).bearer_auth(jwt.raw());
    let response = request.send().await.map_err(ErrorBadGateway)?;
    response.text().await.map_err(ErrorBadGateway)
}

/// Created once, and passed to `App::app_data`.
fn token_client(issuer: &str, secret: &str) -> Result<Data<TokenClient>, Box<dyn std::error::Error>> {
    let issuer = IssuerUrl::parse(issuer, false)?;
    Ok(Data::new(TokenClient::new(&issuer, Credentials::client("reports@clients", secret))?))
}

#[actix_web::test]
async fn a_service_calls_another_with_its_own_token_and_as_the_user() {
    // It is the other service as well.
    let issuer = FakeIssuer::start();
    let own_token = json!({ "access_token": "own", "token_type": "Bearer", "expires_in": 900 });
    issuer.respond_with("/oauth/token", FakeResponse::json(&own_token));
    issuer.respond_with("/invoices", FakeResponse::new(200, "all invoices"));
    issuer.respond_with("/invoices/own", FakeResponse::new(200, "alice's invoices"));
    let (auth, tokens) = (resource_server(), token_client(&issuer.url, "the secret").unwrap());
    let billing = Data::new(Billing { url: issuer.url.clone(), http: reqwest::Client::new() });
    let app = TestApp::new(|app| {
        app.configure(auth.app()).app_data(tokens).app_data(billing);
        app.route("/all", web::get().to(invoices)).route("/own", web::get().to(own_invoices));
    })
    .await;
    let (admin, alice) = (mint(&claims("root", "admin")), mint(&claims("alice", "user")));

    assert_eq!(app.get("/all", &alice).await.refusal().1, "forbidden");
    assert_eq!(app.get("/all", &admin).await.text, "all invoices");
    assert_eq!(app.get("/own", &alice).await.text, "alice's invoices");

    let sent = |path| {
        issuer.requests_to(path).iter().map(|request| request.header("authorization").unwrap().to_owned()).collect()
    };
    let (for_all, for_own): (Vec<_>, Vec<_>) = (sent("/invoices"), sent("/invoices/own"));
    assert_eq!((for_all, for_own), (vec!["Bearer own".to_owned()], vec![format!("Bearer {alice}")]));
}

#[test]
fn the_readme_shows_this() {
    assert_shown_in("Call another service", include_str!("calling_another_service.rs"));
}
