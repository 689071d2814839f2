//! The auth-service program.

use std::{alloc::System, process::ExitCode};

use auth_service::{Arguments, disable_core_dumps};
use clap::Parser;
use zeroizing_alloc::ZeroAlloc;

/// Wipes memory when it is freed. Passwords, tokens and keys pass through buffers of libraries (HTTP, JSON, settings, key
/// generation) that do not, and could otherwise be found in memory long after.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

#[actix_web::main]
async fn main() -> ExitCode {
    disable_core_dumps();
    Arguments::parse().run().await
}
