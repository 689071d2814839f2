//! When resource-service is ready.

use std::future::ready;

use actix_web::web::Data;
use service_kit::{Lifecycle, NotReady, Readiness};
use shared::{AuthError, TokenVerifier, UnixTime};

/// Ready: tokens can be verified, with the issuer's keys and, where tokens need a status, its status lists.
pub fn readiness(lifecycle: &Lifecycle, verifier: &Data<TokenVerifier>) -> Readiness {
    let verifier = verifier.clone();
    Readiness::new(lifecycle.clone()).check_with(move || {
        ready(verifier.readiness(UnixTime::now()).map_err(|error| match error {
            AuthError::StatusUnavailable => {
                NotReady::new("status_unavailable", "The issuer's status lists are temporarily unavailable")
            }
            _ => NotReady::new("keys_unavailable", "The issuer's keys are temporarily unavailable"),
        }))
    })
}
