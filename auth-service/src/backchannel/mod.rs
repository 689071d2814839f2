//! Back-channel logout: applications are informed when a browser session has ended (OpenID Connect Back-Channel Logout 1.0).

pub mod delivery;
pub mod delivery_loop;
mod notice;
pub mod public_address;
mod receivers;
mod resolver;
pub mod store;
