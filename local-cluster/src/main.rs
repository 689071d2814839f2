//! `cargo run --release`: the whole system on this machine.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use actix_web::rt;
use clap::Parser;
use local_cluster::{Arguments, Cluster, all_ready, walk_through};
use service_kit::run_program;

#[actix_web::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run_program(Cluster::build(&arguments).await, serve).await
}

async fn serve(cluster: Cluster) -> io::Result<()> {
    let (issuer, urls) = (cluster.issuer().to_owned(), cluster.replica_urls());
    let demo = cluster.demo_url().map(str::to_owned);
    rt::spawn(async move {
        all_ready(&urls).await;
        // A closed output is not an error.
        let _ = writeln!(io::stdout(), "{}", walk_through(&issuer, &urls, demo.as_deref()));
    });
    cluster.run().await
}
