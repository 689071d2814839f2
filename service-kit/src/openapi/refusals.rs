//! The error responses of an operation, made of the errors themselves.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::errors::ErrorBody;

use super::{object::set, schemas::Schemas};
use crate::api_error::{ApiError, OAuthErrorBody};

/// The errors that an operation returns, by status: status, code, message and headers are those of the responses.
#[derive(Default)]
pub(super) struct Refusals(BTreeMap<u16, Vec<ApiError>>);

impl Refusals {
    /// Adds an error, unless it is there already.
    pub(super) fn add(&mut self, error: ApiError) {
        let same = self.0.entry(error.status().as_u16()).or_default();
        if !same.iter().any(|known| known.code() == error.code() && known.to_string() == error.to_string()) {
            same.push(error);
        }
    }

    /// The responses by status.
    pub(super) fn responses(&self, schemas: &mut Schemas) -> Vec<(String, Value)> {
        self.0
            .iter()
            .map(|(status, errors)| (status.to_string(), response(&errors.iter().collect::<Vec<_>>(), schemas)))
            .collect()
    }

    /// One response for all of them, whatever the status.
    pub(super) fn as_one_response(&self, schemas: &mut Schemas) -> Value {
        response(&self.0.values().flatten().collect::<Vec<_>>(), schemas)
    }
}

fn response(errors: &[&ApiError], schemas: &mut Schemas) -> Value {
    let lines: Vec<_> = errors.iter().map(|error| format!("- `{}`: {error}", error.code())).collect();
    let mut response = json!({
        "description": lines.join("\n"),
        "content": { "application/json": { "schema": schema(errors, schemas), "examples": examples(errors) } },
    });
    let headers = headers(errors);
    if !headers.is_empty() {
        set(&mut response, &["headers"], headers);
    }
    response
}

fn schema(errors: &[&ApiError], schemas: &mut Schemas) -> Value {
    let in_oauth_form = errors.iter().filter(|error| error.is_in_oauth_form()).count();
    if in_oauth_form == 0 {
        schemas.refer_to::<ErrorBody>()
    } else if in_oauth_form == errors.len() {
        schemas.refer_to::<OAuthErrorBody>()
    } else {
        json!({ "anyOf": [schemas.refer_to::<ErrorBody>(), schemas.refer_to::<OAuthErrorBody>()] })
    }
}

/// The bodies, named by their codes.
fn examples(errors: &[&ApiError]) -> Map<String, Value> {
    let mut examples = Map::new();
    for error in errors {
        let repeated = examples.keys().filter(|name| name.split('.').next() == Some(error.code())).count();
        let name = if repeated == 0 { error.code().to_owned() } else { format!("{}.{}", error.code(), repeated + 1) };
        examples.insert(name, json!({ "value": error.body() }));
    }
    examples
}

/// The headers that all of these responses have.
fn headers(errors: &[&ApiError]) -> Map<String, Value> {
    let mut headers = Map::new();
    if errors.iter().all(|error| error.has_challenge()) {
        let challenge =
            json!({ "description": "What is missing (RFC 6750, RFC 9470).", "schema": { "type": "string" } });
        headers.insert("WWW-Authenticate".to_owned(), challenge);
    }
    if errors.iter().all(|error| error.is_to_be_retried()) {
        let seconds = json!({ "description": "In seconds.", "schema": { "type": "integer" } });
        headers.insert("Retry-After".to_owned(), seconds);
    }
    headers
}
