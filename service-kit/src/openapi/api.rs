//! The description of a service.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::verifier::TokenLocations;
use utoipa::openapi::{Info, InfoBuilder, License};

use super::{
    credential, handler::DescribedHandler, object::set, operation::Operation, refusals::Refusals, schemas::Schemas,
};
use crate::{api_error::ApiError, request_error::RequestError};

/// The description of a service, as `OpenAPI` 3.1.
pub struct Api {
    info: Info,
    summary: &'static str,
    locations: TokenLocations,
    schemes: Map<String, Value>,
    tags: Vec<Value>,
    tag: &'static str,
    operations: BTreeMap<(&'static str, &'static str), Operation>,
    everywhere: Refusals,
}

impl Api {
    /// The description of a service with this name and version, which accepts access tokens in these locations.
    pub fn new(name: &str, version: &str, summary: &'static str, locations: &TokenLocations) -> Self {
        let license = License::builder().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build();
        let mut everywhere = Refusals::default();
        for error in RequestError::of_any_request() {
            everywhere.add(error.into());
        }
        everywhere.add(ApiError::internal("a cause"));
        Self {
            info: InfoBuilder::new().title(name).version(version).license(Some(license)).build(),
            summary,
            locations: locations.clone(),
            schemes: credential::schemes(locations),
            tags: Vec::new(),
            tag: "",
            operations: BTreeMap::new(),
            everywhere,
        }
    }

    /// Describes what all operations have in common.
    pub fn details(&mut self, description: &str) -> &mut Self {
        self.info.description = Some(description.to_owned());
        self
    }

    /// Errors that any operation may return.
    pub fn refuses<E: Into<ApiError>>(&mut self, errors: impl IntoIterator<Item = E>) -> &mut Self {
        errors.into_iter().for_each(|error| self.everywhere.add(error.into()));
        self
    }

    /// A credential of the service's own.
    pub fn security_scheme(&mut self, name: &str, scheme: Value) -> &mut Self {
        self.schemes.insert(name.to_owned(), scheme);
        self
    }

    /// Begins a group of operations.
    pub fn group(&mut self, name: &'static str, description: &'static str) -> &mut Self {
        self.tag = name;
        self.tags.push(json!({ "name": name, "description": description }));
        self
    }

    /// `GET` of that path, with this handler.
    pub fn get<H: DescribedHandler<Args>, Args>(&mut self, path: &'static str, _: H) -> &mut Operation {
        self.operation::<H, Args>("get", path)
    }

    /// `POST` of that path, with this handler.
    pub fn post<H: DescribedHandler<Args>, Args>(&mut self, path: &'static str, _: H) -> &mut Operation {
        self.operation::<H, Args>("post", path)
    }

    /// `PUT` of that path, with this handler.
    pub fn put<H: DescribedHandler<Args>, Args>(&mut self, path: &'static str, _: H) -> &mut Operation {
        self.operation::<H, Args>("put", path)
    }

    /// `PATCH` of that path, with this handler.
    pub fn patch<H: DescribedHandler<Args>, Args>(&mut self, path: &'static str, _: H) -> &mut Operation {
        self.operation::<H, Args>("patch", path)
    }

    /// `DELETE` of that path, with this handler.
    pub fn delete<H: DescribedHandler<Args>, Args>(&mut self, path: &'static str, _: H) -> &mut Operation {
        self.operation::<H, Args>("delete", path)
    }

    fn operation<H: DescribedHandler<Args>, Args>(
        &mut self,
        method: &'static str,
        path: &'static str,
    ) -> &mut Operation {
        let (tag, locations) = (self.tag, &self.locations);
        let new = || Operation::new(method, path, tag, locations.clone());
        let operation = self.operations.entry((path, method)).or_insert_with(new);
        H::describe(operation);
        operation
    }

    /// The title: the service's name.
    pub(crate) fn title(&self) -> &str {
        &self.info.title
    }

    /// The whole document.
    pub(crate) fn into_document(self) -> Value {
        let mut info = json!(self.info);
        set(&mut info, &["summary"], self.summary);
        let mut schemas = Schemas::default();
        let other = self.everywhere.as_one_response(&mut schemas);
        let mut paths = json!({});
        for ((path, method), operation) in self.operations {
            set(&mut paths, &[path, method], operation.finish(&mut schemas));
        }
        json!({
            "openapi": "3.1.0",
            "info": info,
            "servers": [{ "url": "/" }],
            "tags": self.tags,
            "paths": paths,
            "components": {
                "securitySchemes": self.schemes,
                "responses": { "Other": other },
                "schemas": schemas.into_value(),
            },
        })
    }
}
