//! The demo application: a stranger's web application that logs its users in at the cluster's auth-service, and calls a replica on
//! their behalf.

mod pages;
mod replica;
mod routes;
mod server;

pub use server::{DEMO_CLIENT, Demo, registration};
