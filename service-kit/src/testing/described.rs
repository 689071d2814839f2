//! The routes of a service and those in its API description.
#![expect(clippy::indexing_slicing, reason = "test code may panic")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Api, send};

/// The methods of each path, without `HEAD`.
type Routes = BTreeMap<String, BTreeSet<String>>;

/// The routes in a service's `/openapi.json`.
pub async fn described_routes(api: &Api) -> Routes {
    let description = api.get("/openapi.json").await.json();
    let paths = description["paths"].as_object().expect("the description has paths");
    paths.iter().map(|(path, methods)| (path.clone(), methods_of(methods))).collect()
}

/// The routes of a service: the paths that `routes`, its source code, has as `at("…")`, with the methods that the service
/// reports as allowed (RFC 9110, section 15.5.6).
pub async fn served_routes(api: &Api, routes: &str) -> Routes {
    let mut served = Routes::new();
    for path in routes.split("at(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let response = send(api.request("PROPFIND", &path.replace(['{', '}'], "-"))).await;
        let allowed = response.header("allow").expect("no path allows PROPFIND").to_owned();
        let methods = allowed.split(", ").filter(|method| *method != "HEAD").map(str::to_owned);
        served.insert(path.to_owned(), methods.collect());
    }
    served
}

fn methods_of(path: &Value) -> BTreeSet<String> {
    let names = path.as_object().into_iter().flatten().map(|(name, _)| name);
    names.filter(|name| *name != "parameters").map(|method| method.to_uppercase()).collect()
}
