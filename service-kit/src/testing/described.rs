//! The routes of a service and those in its API description.
#![expect(clippy::indexing_slicing, reason = "test code may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

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

/// The operations in a service's `/openapi.json`, by method and path.
pub async fn described_operations(api: &Api) -> Vec<(String, Value)> {
    let description = api.get("/openapi.json").await.json();
    let paths = description["paths"].as_object().expect("the description has paths").clone();
    let operations = |(path, methods): (String, Value)| {
        let methods = methods.as_object().expect("a path has methods").clone();
        methods.into_iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
    };
    paths.into_iter().flat_map(operations).collect()
}

/// The error codes in a service's `/openapi.json`, according to its examples.
pub async fn described_codes(api: &Api) -> BTreeSet<String> {
    fn collect(value: &Value, codes: &mut BTreeSet<String>) {
        if let Some(code) = value.pointer("/value/error").and_then(Value::as_str) {
            codes.insert(code.to_owned());
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, codes)),
            Value::Object(members) => members.values().for_each(|member| collect(member, codes)),
            _ => {}
        }
    }
    let mut codes = BTreeSet::new();
    collect(&api.get("/openapi.json").await.json(), &mut codes);
    codes
}

/// The error codes in the source text of crates: what is passed to a constructor of an error, or stands next to a status.
pub fn codes_in_sources(folders: &[PathBuf]) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for folder in folders {
        for entry in fs::read_dir(folder).expect("the folder is readable").map(|entry| entry.expect("it is readable")) {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() && name != "testing" {
                codes.extend(codes_in_sources(&[path]));
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(path).expect("a source file is text");
                codes.extend(codes_in(text.split("#[cfg(test)]").next().unwrap_or_default()));
            }
        }
    }
    codes
}

/// What has the code of an error as its first argument.
const CONSTRUCTORS: [&str; 8] = [
    "::bad_request(",
    "::unauthorized(",
    "::forbidden(",
    "::not_found(",
    "::conflict(",
    "::unavailable(",
    "NotReady::new(",
    "ErrorBody::new(",
];

fn codes_in(text: &str) -> Vec<String> {
    let parts: Vec<_> = text.split('"').collect();
    let literals = parts.windows(2).filter(|pair| is_code(pair[1]) && precedes_code(pair[0].trim_end()));
    literals.map(|pair| pair[1].to_owned()).collect()
}

fn is_code(literal: &str) -> bool {
    !literal.is_empty() && literal.chars().all(|char| char.is_ascii_lowercase() || char == '_')
}

fn precedes_code(text: &str) -> bool {
    if CONSTRUCTORS.iter().any(|constructor| text.ends_with(constructor)) {
        return true;
    }
    let Some(before) = text.strip_suffix(',') else { return false };
    let word = before.rsplit(|char: char| !char.is_ascii_alphanumeric() && char != '_').next().unwrap_or_default();
    let is_number = word.len() == 3 && word.starts_with(['4', '5']);
    is_number || before.strip_suffix(word).is_some_and(|rest| rest.ends_with("StatusCode::"))
}

fn methods_of(path: &Value) -> BTreeSet<String> {
    let names = path.as_object().into_iter().flatten().map(|(name, _)| name);
    names.map(|method| method.to_uppercase()).collect()
}
