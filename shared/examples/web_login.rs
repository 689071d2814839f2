//! A web application that logs its users in. With the local cluster running, register it once, then start it:
//! `auth-service clients create shop --kind web --redirect-uri http://127.0.0.1:8080/callback --post-logout-uri http://127.0.0.1:8080/`,
//! `CLIENT_SECRET=… cargo run -p shared --features oidc --example web_login`, and open `http://127.0.0.1:8080`.

use std::{env, error::Error};

use actix_web::{App, HttpServer, web};
use shared::{
    client::Issuer,
    oidc::{MaybeSignedIn, OidcLogin, SignedInUser},
};

async fn home(user: MaybeSignedIn) -> web::Html {
    let Some(_) = user.into_inner() else { return web::Html::new(r#"<a href="/login">Log in</a>"#) };
    web::Html::new(
        r#"<a href="/account">Account</a> <form method="post" action="/logout"><button>Log out</button></form>"#,
    )
}

async fn account(user: SignedInUser) -> String {
    format!("{} is user {} of the issuer", user.username(), user.subject())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let issuer = env::var("ISSUER").unwrap_or_else(|_| "http://localhost:5000".to_owned());
    let login = OidcLogin::builder(Issuer::discover(issuer), "shop")
        .client_secret(env::var("CLIENT_SECRET")?)
        .public_url("http://127.0.0.1:8080")
        .start()
        .await?;
    let account = || web::resource("/account").get(account);
    let app = move || App::new().configure(login.app()).route("/", web::get().to(home)).service(account());
    Ok(HttpServer::new(app).bind("127.0.0.1:8080")?.run().await?)
}
