//! Whether the service is reached at its own name, where verifiers fetch its documents.

use service_kit::{
    HealthCheck,
    doctor::{Check, check_audience},
};
use shared::client::{FetchError, InspectedKeys, Issuer, IssuerUrl};

use crate::config::{Config, SETTINGS};

const NAME: &str = "issuer";

/// `kid` is the key that signs according to the database.
pub(super) async fn checks(config: &Config, kid: Option<&str>) -> Vec<Check> {
    let name = &config.issuer;
    let mut checks = Vec::from_iter(transport(name));
    let issuer = Issuer::discover(name).allow_http(true).dangerously_ignore_revocation();
    let inspected = match issuer.inspect().await {
        Ok(inspected) => inspected,
        Err(error) => {
            checks.push(Check::error(NAME, error.to_string(), "Install root certificates (Debian: ca-certificates)."));
            return checks;
        }
    };
    match inspected.metadata {
        Some(Ok(metadata)) => {
            checks.push(published(name, inspected.keys, kid));
            checks.push(check_audience(&SETTINGS, &metadata, &config.audience));
        }
        Some(Err(error)) => {
            let runs_here = HealthCheck::is_live(config.listen, config.tls.is_set());
            let is_behind_proxy = config.trusted_proxies.iter().next().is_some();
            checks.push(unreachable(name, &error, runs_here, is_behind_proxy));
        }
        None => {}
    }
    checks
}

fn transport(name: &str) -> Option<Check> {
    IssuerUrl::parse(name, false).err().map(|error| {
        let remedy = format!(
            "Set {} to an https URL: otherwise passwords and tokens are sent unencrypted.",
            SETTINGS.variable("issuer")
        );
        Check::warning("transport", error.to_string(), remedy)
    })
}

fn published(name: &str, keys: Option<Result<InspectedKeys, FetchError>>, kid: Option<&str>) -> Check {
    match (keys, kid) {
        (Some(Err(error)), _) => wrong(name, &error),
        (Some(Ok(keys)), Some(kid)) if !keys.kids.iter().any(|published| published == kid) => {
            let remedy = format!(
                "Two installations share this name, or {} is not the database of the service there: correct one of them.",
                SETTINGS.variable("database.url")
            );
            Check::error(NAME, format!("{name} does not publish {kid}, the current key in this database"), remedy)
        }
        _ => Check::ok(NAME, format!("{name} responds, with this name in its metadata")),
    }
}

/// Before the first start, nobody responds. From behind its proxy, a service often cannot reach its public name.
fn unreachable(name: &str, error: &FetchError, runs_here: bool, is_behind_proxy: bool) -> Check {
    match error {
        FetchError::NoResponse { .. } if !runs_here => {
            Check::ok(NAME, format!("not checked: the service is not running here, and {error}"))
        }
        FetchError::NoResponse { .. } if is_behind_proxy => {
            Check::ok(NAME, format!("not checked: clients reach it through a proxy, and from here there is {error}"))
        }
        FetchError::NoResponse { .. } => Check::warning(
            NAME,
            format!("the service runs here, but {error}"),
            "Replicas need RESOURCE__FETCH_FROM if they cannot reach it there either. If its certificate is from a \
             private authority, run this with SSL_CERT_FILE set to a file with the authority's certificate.",
        ),
        _ => wrong(name, error),
    }
}

fn wrong(name: &str, error: &FetchError) -> Check {
    let remedy =
        format!("Correct {}, or the proxy there: {name} must lead to this service.", SETTINGS.variable("issuer"));
    Check::error(NAME, error.to_string(), remedy)
}
