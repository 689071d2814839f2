//! Sends a server distinct valid tokens, one after another: its memory use must stay bounded. For `bench/compare`; the server
//! trusts `shared/src/testing/public_key.pem`.
//! `cargo run --release -p shared --example distinct_tokens -- http://127.0.0.1:5001/dashboard 1000000`
#![expect(clippy::print_stdout, reason = "prints its progress")]

use std::{env, error::Error, time::Duration};

use reqwest::{Client, StatusCode};
use shared::testing::{claims, mint};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(url), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: distinct_tokens URL COUNT".into());
    };
    let (client, count) = (Client::new(), count.parse::<u64>()?);
    for number in 1..=count {
        let mut claims = claims(&format!("user_{number}"), "user");
        claims.exp = claims.iat.plus(Duration::from_hours(1));
        let response = client.get(&url).bearer_auth(mint(&claims)).send().await?;
        if response.status() != StatusCode::OK {
            return Err(format!("token {number}: {}", response.status()).into());
        }
        response.bytes().await?;
        if number % count.div_ceil(10) == 0 || number == count {
            println!("{number}");
        }
    }
    Ok(())
}
