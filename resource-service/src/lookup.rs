//! Where the current user comes from.

use std::{collections::HashMap, future::ready};

use actix_web::web::Data;
use service_kit::StartError;
use shared::{AuthError, Claims, ClaimsLookup, User, UserLookup, UserLookupFuture, client::IssuerLookup, user_lookup};

use crate::{
    config::{Config, LookupKind},
    keys::{issuer_url, no_certificates},
};

/// Asks the issuer of the token at hand.
struct IssuerLookups(HashMap<String, IssuerLookup>);

/// The lookup that the settings name.
///
/// # Errors
/// [`StartError`] for an address that must not be asked.
pub fn open(config: &Config) -> Result<Data<dyn UserLookup<User = User>>, StartError> {
    match config.user_lookup {
        LookupKind::Claims => Ok(user_lookup(ClaimsLookup)),
        LookupKind::Issuer => IssuerLookups::open(config).map(user_lookup),
    }
}

impl IssuerLookups {
    fn open(config: &Config) -> Result<Self, StartError> {
        let lookups = config.issuer.iter().enumerate().map(|(number, issuer)| {
            let url = issuer_url(config, number, issuer)?;
            let lookup = IssuerLookup::new(&url, IssuerLookup::KEEP).map_err(no_certificates)?;
            Ok((issuer.to_owned(), lookup))
        });
        lookups.collect::<Result<_, _>>().map(Self)
    }
}

impl UserLookup for IssuerLookups {
    type User = User;

    fn find<'a>(&'a self, claims: &'a Claims, token: &'a str) -> UserLookupFuture<'a, User> {
        match self.0.get(&claims.iss) {
            Some(lookup) => lookup.find(claims, token),
            None => Box::pin(ready(Err(AuthError::LookupUnavailable))),
        }
    }
}
