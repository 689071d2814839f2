//! Sends a server good tokens that it has never seen, one after another, each once: what it remembers of them has to stay
//! within bounds. For `bench/compare`; the server trusts `shared/src/testing/public_key.pem`.
//! `cargo run --release -p shared --example distinct_tokens -- http://127.0.0.1:5001/dashboard 1000000`
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::{env, error::Error, time::Duration};

use reqwest::{Client, StatusCode};
use shared::testing::{claims, mint};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(url), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("what to ask, and with how many tokens".into());
    };
    let (client, count) = (Client::new(), count.parse::<u64>()?);
    for number in 1..=count {
        let mut claims = claims(&format!("user_{number}"), "user");
        claims.exp = claims.iat.plus(Duration::from_hours(1));
        let answer = client.get(&url).bearer_auth(mint(&claims)).send().await?;
        if answer.status() != StatusCode::OK {
            return Err(format!("token {number} is answered {}", answer.status()).into());
        }
        answer.bytes().await?;
        if number % count.div_ceil(10) == 0 || number == count {
            println!("{number}");
        }
    }
    Ok(())
}
