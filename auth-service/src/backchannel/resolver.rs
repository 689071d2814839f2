//! Resolves the names of receivers to public addresses.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use super::public_address::is_public;

/// Leaves private addresses out. These are the addresses that are connected to, so that a name cannot have others by then.
pub struct PublicResolver;

/// All addresses of a name are private.
#[derive(Debug, thiserror::Error)]
#[error("the host has no public address (AUTH__BACKCHANNEL__PRIVATE_ADDRESSES)")]
pub struct NoPublicAddress;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is that of the URI.
            let found = lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(NoPublicAddress.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
