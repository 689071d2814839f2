//! A service that calls another service with its own credentials. With the local cluster running,
//! `auth-service clients create reports --scope reports:read` prints the id and the secret; then run
//! `CLIENT_ID=… CLIENT_SECRET=… cargo run -p shared --features client --example calling_service -- URL`.
//! With `USERNAME` and `PASSWORD` instead, it calls as a user, by default `http://localhost:5001/dashboard`.

use std::{env, error::Error, io::Write};

use shared::client::{Credentials, IssuerUrl, TokenClient};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let issuer = env::var("ISSUER").unwrap_or_else(|_| "http://localhost:5000".to_owned());
    let credentials = match env::var("CLIENT_ID") {
        Ok(id) => Credentials::client(id, env::var("CLIENT_SECRET")?),
        Err(_) => Credentials::password(env::var("USERNAME")?, env::var("PASSWORD")?),
    };
    let url = env::args().nth(1).unwrap_or_else(|| "http://localhost:5001/dashboard".to_owned());
    let tokens = TokenClient::new(&IssuerUrl::parse(&issuer, false)?, credentials)?;
    let http = reqwest::Client::new();

    // An ordinary reqwest request, sent by the token client, which adds the token.
    let response = tokens.send(http.get(url)).await?;

    let status = response.status();
    writeln!(std::io::stdout(), "{status} {}", response.text().await?)?;
    Ok(())
}
