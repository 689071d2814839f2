//! What a verifier needs of its issuer.

use shared::client::{FetchError, InspectedKeys, InspectedMetadata, Issuer, IssuerUrl};

use super::{
    check::{Check, Status},
    clock::compare_clocks,
};
use crate::settings::SettingsSpec;

/// Whether the issuer responds and is the expected one, and its keys and status lists can be used; tokens must have `audience`.
pub async fn check_issuer(spec: &SettingsSpec, issuer: &Issuer, audience: &str) -> Vec<Check> {
    const NAME: &str = "issuer";
    let name = issuer.name();
    let inspected = match issuer.inspect().await {
        Ok(inspected) => inspected,
        Err(error) => return vec![Check::refused(NAME, &spec.invalid_verifier(&error))],
    };
    let Some(metadata) = inspected.metadata else {
        return vec![Check::ok(NAME, format!("nothing is fetched from {name}: its key comes from the settings"))];
    };
    let mut checks = Vec::from_iter(check_transport(spec, issuer));
    match &metadata {
        Ok(metadata) => {
            checks.push(Check::ok(NAME, format!("{name} responds, with this name in its metadata")));
            checks.push(check_audience(spec, metadata, audience));
            checks.extend(metadata.date.map(|date| compare_clocks("the issuer's clock", &metadata.requested, date)));
        }
        Err(error) => {
            checks.push(Check::error(NAME, error.to_string(), remedy(spec, error)));
            // Whatever else is fetched fails for the same reason.
            return checks;
        }
    }
    checks.extend(inspected.keys.map(|keys| check_keys(spec, keys)));
    checks.extend(inspected.status_lists.map(|lists| match lists {
        Ok(count) => Check::ok("status lists", format!("{count}, all valid")),
        Err(error) => {
            let remedy = "Check the issuer's log: without its lists, tokens are rejected.";
            Check::error("status lists", error.to_string(), remedy)
        }
    }));
    checks
}

/// Whether the issuer's tokens have the audience that is expected of them.
pub fn check_audience(spec: &SettingsSpec, metadata: &InspectedMetadata, expected: &str) -> Check {
    const NAME: &str = "audience";
    match metadata.audience.as_deref() {
        Some(audience) if audience == expected => Check::ok(NAME, format!("{audience}, as in the issuer's tokens")),
        Some(audience) => {
            let variable = spec.variable("audience");
            let remedy = format!("Set {variable} to the audience of the issuer's tokens, or change the issuer's.");
            Check::error(NAME, format!("the issuer's tokens are for {audience:?}, not for {expected:?}"), remedy)
        }
        None => Check::ok(NAME, format!("{expected}; the issuer does not publish its own")),
    }
}

/// Only if it is unencrypted.
fn check_transport(spec: &SettingsSpec, issuer: &Issuer) -> Option<Check> {
    // The issuer's own check has refused what is not a URL.
    let url = issuer.base_url().ok()?;
    IssuerUrl::parse(url.as_str(), false).err().map(|error| {
        if url.is_of_container_network() {
            return Check::ok("transport", format!("http to {}, a name of the container network alone", url.as_str()));
        }
        let remedy = format!("Use https, unless the network is trusted; {} allows http.", spec.variable("allow_http"));
        Check::warning("transport", error.to_string(), remedy)
    })
}

fn check_keys(spec: &SettingsSpec, keys: Result<InspectedKeys, FetchError>) -> Check {
    const NAME: &str = "keys";
    let InspectedKeys { kids, ignored, has_configured } = match keys {
        Ok(keys) => keys,
        Err(error) => return Check::error(NAME, error.to_string(), remedy(spec, &error)),
    };
    let count = kids.len();
    if has_configured == Some(false) {
        let remedy = format!("Set {} to a key that the issuer signs with, or unset it.", spec.variable("public_key"));
        let detail = format!("the configured key is not among those that the issuer publishes ({count})");
        return Check::of(Status::Error, NAME, detail, remedy);
    }
    if !ignored.is_empty() {
        let remedy = "Tokens signed with these keys are rejected: have the issuer sign with a usable one.";
        return Check::warning(NAME, format!("{count} usable; unusable: {}", ignored.join("; ")), remedy);
    }
    Check::ok(NAME, format!("{count} published, all usable"))
}

fn remedy(spec: &SettingsSpec, error: &FetchError) -> String {
    match error {
        FetchError::NoResponse { .. } => {
            format!("Start the issuer, or correct {} or {}.", spec.variable("issuer"), spec.variable("fetch_from"))
        }
        FetchError::OtherIssuer { .. } => {
            format!("Set {} to exactly the issuer's own name, as in the claim iss.", spec.variable("issuer"))
        }
        FetchError::Status { .. } | FetchError::TooLong { .. } | FetchError::Document { .. } => format!(
            "Check that {} and {} lead to the issuer, not to another service or a page of its proxy.",
            spec.variable("issuer"),
            spec.variable("fetch_from")
        ),
        FetchError::Url(_) => "Correct the URLs in the issuer's metadata: they must be https.".to_owned(),
    }
}
