//! The routes of a service, compared with its API description.
#![expect(clippy::indexing_slicing, reason = "a test that finds no description shall stop with a word")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Api, send};

/// By address, the methods that it takes, but for `HEAD`.
type Addresses = BTreeMap<String, BTreeSet<String>>;

/// The addresses of a service as its `/openapi.json` has them.
pub async fn described_routes(api: &Api) -> Addresses {
    let description = api.get("/openapi.json").await.json();
    let paths = description["paths"].as_object().expect("the description has paths");
    paths.iter().map(|(path, methods)| (path.clone(), methods_of(methods))).collect()
}

/// The addresses of a service: those that `routes`, the text of its routes, names as `at("…")`, and the methods that it
/// says it takes there (RFC 9110, section 15.5.6).
pub async fn served_routes(api: &Api, routes: &str) -> Addresses {
    let mut served = Addresses::new();
    for path in routes.split("at(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let answer = send(api.request("PROPFIND", &path.replace(['{', '}'], "-"))).await;
        let allowed = answer.header("allow").expect("no address takes PROPFIND").to_owned();
        let methods = allowed.split(", ").filter(|method| *method != "HEAD").map(str::to_owned);
        served.insert(path.to_owned(), methods.collect());
    }
    served
}

fn methods_of(address: &Value) -> BTreeSet<String> {
    let names = address.as_object().into_iter().flatten().map(|(name, _)| name);
    names.filter(|name| *name != "parameters").map(|method| method.to_uppercase()).collect()
}
