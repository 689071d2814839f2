//! The resource server: which tokens are accepted.

use std::time::Duration;

use service_kit::StartError;
use shared::{
    ResourceServer, ResourceServerBuilder,
    client::{Issuer, IssuerLookup},
};

use crate::{
    config::{Config, LookupKind, SETTINGS},
    routes::PROTECTED,
};

/// The resource server with these settings. Its issuers need not be up.
pub fn open(config: &Config) -> Result<ResourceServer, StartError> {
    let server = builder(config)?;
    server.spawn().map_err(|error| SETTINGS.invalid_verifier(&error))
}

/// Whether the resource server can be opened, as far as that depends on the settings alone.
pub fn check(config: &Config) -> Result<(), StartError> {
    builder(config)?.check().map_err(|error| SETTINGS.invalid_verifier(&error))
}

fn builder(config: &Config) -> Result<ResourceServerBuilder, StartError> {
    let mut server = ResourceServer::builder(&config.audience)
        .leeway(Duration::from_secs(config.leeway_secs.into()))
        .token_locations(SETTINGS.token_locations(&config.token_location)?)
        .token_cache(config.token_cache.tokens, config.token_cache.bytes)
        .instance(config.instance.as_str());
    server = config.cache_dir.iter().fold(server, ResourceServerBuilder::cache_dir);
    server = issuers(config)?.into_iter().fold(server, ResourceServerBuilder::issuer);
    if config.user_lookup == LookupKind::Issuer {
        let lookups = server.issuer_lookups(IssuerLookup::CACHE_TTL);
        server = server.user_lookup(lookups.map_err(|error| SETTINGS.invalid_verifier(&error))?);
    }
    Ok(server)
}

/// The issuers of the settings.
pub fn issuers(config: &Config) -> Result<Vec<Issuer>, StartError> {
    let authority = config.issuer_ca.as_deref().map(|path| SETTINGS.authority("issuer_ca", path)).transpose()?;
    let trusting = |issuer| authority.iter().fold(issuer, |issuer: Issuer, pem| issuer.ca_certificate(pem.as_str()));
    config.issuer.iter().enumerate().map(|(number, name)| issuer(config, number, name).map(trusting)).collect()
}

fn issuer(config: &Config, number: usize, name: &str) -> Result<Issuer, StartError> {
    let requires_status = config.revocation.required.unwrap_or(config.public_key.is_none());
    let issuer = Issuer::discover(name).allow_http(config.allow_http).require_status(requires_status);
    let issuer = config.revocation.apply(config.keys.apply(issuer), &SETTINGS, &PROTECTED)?;
    let issuer = config.fetch_from.iter().nth(number).into_iter().fold(issuer, Issuer::fetch_from);
    let mut issuer = config.jwks_url.iter().nth(number).into_iter().fold(issuer, Issuer::jwks_url);
    if let Some(pem) = &config.public_key {
        issuer = issuer.public_key(pem);
        if !requires_status {
            issuer = issuer.dangerously_ignore_revocation();
        }
    }
    Ok(issuer)
}
