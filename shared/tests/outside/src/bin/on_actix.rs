use actix_web::{App, HttpServer, web};
use shared::{Admin, CurrentUser, ResourceServer, client::Issuer, require};

async fn reports(user: CurrentUser) -> String {
    format!("Reports of {}", user.username)
}

async fn statistics() -> &'static str {
    "For admins"
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = ResourceServer::builder("resource-service").issuer(Issuer::discover("http://localhost:5000")).start().await?;
    let admin = || web::scope("/admin").wrap(require::<Admin>()).route("/statistics", web::get().to(statistics));
    let app = move || App::new().configure(auth.app()).route("/reports", web::get().to(reports)).service(admin());
    Ok(HttpServer::new(app).bind(("127.0.0.1", 5020))?.run().await?)
}
