//! A complete protected service. With the local cluster running, `cargo run -p shared --example protected_service`, then
//! `curl -H "Authorization: Bearer $TOKEN" http://localhost:8080/reports`.

use actix_web::{App, HttpServer, Responder, web};
use shared::{Admin, CurrentUser, Jwt, ResourceServer, client::Issuer};

async fn reports(user: CurrentUser) -> impl Responder {
    format!("Reports of {}\n", user.username)
}

async fn delete_reports(jwt: Jwt<Admin>) -> impl Responder {
    format!("{} has deleted all reports\n", jwt.identity())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth =
        ResourceServer::builder("resource-service").issuer(Issuer::discover("http://localhost:5000")).start().await?;
    let reports = || web::resource("/reports").get(reports).delete(delete_reports);
    Ok(HttpServer::new(move || App::new().configure(auth.app()).service(reports()))
        .bind("127.0.0.1:8080")?
        .run()
        .await?)
}
