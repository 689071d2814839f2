//! One method of one path.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::{
    AuthError,
    errors::Flaw,
    verifier::{TokenLocation, TokenLocations},
};
use utoipa::{IntoParams, ToSchema, openapi::path::ParameterIn};

use super::{body::Body, credential::Credential, object::set, refusals::Refusals, schemas::Schemas};
use crate::{api_error::ApiError, request_error::RequestError};

/// One method of one path: what its handler's signature says, and what is written by hand.
pub struct Operation {
    method: &'static str,
    tag: &'static str,
    id: &'static str,
    summary: &'static str,
    description: Option<&'static str>,
    credentials: Vec<Credential>,
    locations: TokenLocations,
    parameters: Vec<Value>,
    body: Option<Body>,
    answers: BTreeMap<u16, Value>,
    refusals: Refusals,
    schemas: Schemas,
}

impl Operation {
    pub(super) fn new(method: &'static str, path: &str, tag: &'static str, locations: TokenLocations) -> Self {
        let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        let parameter = |name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } });
        Self {
            method,
            tag,
            id: "",
            summary: "",
            description: None,
            credentials: Vec::new(),
            locations,
            parameters: names.map(parameter).collect(),
            body: None,
            answers: BTreeMap::new(),
            refusals: Refusals::default(),
            schemas: Schemas::default(),
        }
    }

    /// Names it, for programs and for people.
    pub fn named(&mut self, id: &'static str, summary: &'static str) -> &mut Self {
        (self.id, self.summary) = (id, summary);
        self
    }

    /// Says more than the summary.
    pub fn details(&mut self, description: &'static str) -> &mut Self {
        self.description = Some(description);
        self
    }

    /// Describes a part of the path.
    pub fn path_parameter(&mut self, name: &str, description: &str, example: &str) -> &mut Self {
        if let Some(parameter) = self.parameters.iter_mut().find(|parameter| parameter["name"] == name) {
            set(parameter, &["description"], description);
            set(parameter, &["example"], example);
        }
        self
    }

    /// Gives an example of the body.
    pub fn takes(&mut self, example: Value) -> &mut Self {
        if let Some(body) = &mut self.body {
            body.example = Some(example);
        }
        self
    }

    /// Describes the response of a handler whose signature says what it returns.
    pub fn returns(&mut self, description: &str, example: Value) -> &mut Self {
        for answer in self.answers.values_mut() {
            set(answer, &["description"], description);
            set(answer, &["content", "application/json", "example"], example.clone());
        }
        self
    }

    /// Describes a response with a JSON body that the signature does not show.
    pub fn returns_json<T: ToSchema>(&mut self, status: u16, description: &str, example: Value) -> &mut Self {
        let schema = self.schemas.refer_to::<T>();
        let content = json!({ "application/json": { "schema": schema, "example": example } });
        self.answers.insert(status, json!({ "description": description, "content": content }));
        self
    }

    /// Describes a response with one of two JSON bodies.
    pub fn returns_one_of<T: ToSchema, U: ToSchema>(&mut self, description: &str, example: Value) -> &mut Self {
        let schema = json!({ "anyOf": [self.schemas.refer_to::<T>(), self.schemas.refer_to::<U>()] });
        self.returns_content(description, json!({ "application/json": { "schema": schema, "example": example } }))
    }

    /// Describes a response without a body.
    pub fn returns_nothing(&mut self, status: u16, description: &str) -> &mut Self {
        self.answers.insert(status, json!({ "description": description }));
        self
    }

    /// Describes a response with one of these media types, as `OpenAPI` has it in `content`.
    pub fn returns_content(&mut self, description: &str, content: Value) -> &mut Self {
        self.answers.insert(200, json!({ "description": description, "content": content }));
        self
    }

    /// Describes a response with a page for people.
    pub fn returns_page(&mut self, status: u16, description: &str) -> &mut Self {
        let content = json!({ "text/html": { "schema": { "type": "string" } } });
        self.answers.insert(status, json!({ "description": description, "content": content }));
        self
    }

    /// Says that caches may keep the document, and validate it with its entity tag.
    pub fn cacheable(&mut self) -> &mut Self {
        let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
        let headers =
            json!({ "ETag": text("The same on every node."), "Cache-Control": text("`public, max-age=...`") });
        if let Some(document) = self.answers.get_mut(&200) {
            set(document, &["headers"], headers.clone());
        }
        let unchanged =
            json!({ "description": "Not modified: the document matches `If-None-Match`.", "headers": headers });
        self.answers.insert(304, unchanged);
        self
    }

    /// Adds errors that it returns. The status and the code are those of the response.
    pub fn refuses<E: Into<ApiError>>(&mut self, errors: impl IntoIterator<Item = E>) -> &mut Self {
        errors.into_iter().for_each(|error| self.refusals.add(error.into()));
        self
    }

    /// Adds a credential that it accepts.
    pub fn accepts(&mut self, credential: Credential) -> &mut Self {
        if !self.credentials.contains(&credential) {
            self.credentials.push(credential);
        }
        self
    }

    /// Says that it accepts access tokens, and how it refuses them.
    pub fn accepts_access_token(&mut self) -> &mut Self {
        let is_in_cookie = !self.is_safe() && self.locations.iter().any(|location| location == TokenLocation::Cookies);
        let missing = AuthError::Missing(self.locations.clone());
        let invalid =
            [AuthError::Invalid(Flaw::Claims), AuthError::Expired, AuthError::Revoked, AuthError::ClaimsStale];
        self.accepts(Credential::AccessToken)
            .refuses([missing])
            .refuses(invalid)
            .refuses(is_in_cookie.then_some(AuthError::Csrf))
            .refuses([AuthError::KeysUnavailable, AuthError::StatusUnavailable])
    }

    /// Says that it takes a body of JSON.
    pub fn takes_json<T: ToSchema>(&mut self, is_required: bool) -> &mut Self {
        let schema = self.schemas.refer_to::<T>();
        self.body = Some(Body { media_type: "application/json", schema, is_required, example: None });
        let missing = RequestError::InvalidBody("missing field `...`".to_owned());
        self.refuses([RequestError::MalformedJson, missing, RequestError::NotJson]).limits_body()
    }

    /// Says that it takes a form with these fields, a JSON schema. Without required fields, it may be empty.
    pub fn takes_form(&mut self, schema: Value) -> &mut Self {
        self.form(schema).limits_body()
    }

    /// The same, of an operation that browsers use: a form that is not read gets a page, too.
    pub fn takes_page_form(&mut self, schema: Value) -> &mut Self {
        self.form(schema)
            .returns_page(408, "A page that says that the form has not arrived in time.")
            .returns_page(413, "A page that says that the form is too long.")
            .returns_page(415, "A page that says that the body is not a form.")
    }

    fn form(&mut self, schema: Value) -> &mut Self {
        let media_type = "application/x-www-form-urlencoded";
        let is_required = schema.get("required").is_some();
        self.body = Some(Body { media_type, schema, is_required, example: None });
        self
    }

    /// Says that it takes the query string that `T` describes.
    pub fn takes_query<T: IntoParams>(&mut self) -> &mut Self {
        let parameters = T::into_params(|| Some(ParameterIn::Query));
        self.parameters.extend(parameters.iter().map(|parameter| json!(parameter)));
        self.refuses([RequestError::InvalidQuery("unknown field `...`".to_owned())])
    }

    /// Describes a parameter of the query string that the signature does not show. Unknown ones are ignored.
    pub fn query_parameter(&mut self, name: &str, description: &str) -> &mut Self {
        self.parameters.push(json!({
            "name": name, "in": "query", "required": false, "description": description, "schema": { "type": "string" },
        }));
        self
    }

    fn limits_body(&mut self) -> &mut Self {
        self.refuses([RequestError::BodyTooSlow, RequestError::BodyTooLong(crate::json_body::MAX_LEN)])
    }

    fn is_safe(&self) -> bool {
        self.method == "get"
    }

    /// The operation as JSON; the schemas that it refers to are added to `schemas`.
    pub(super) fn finish(mut self, schemas: &mut Schemas) -> Value {
        let is_safe = self.is_safe();
        let mut responses: Map<String, Value> =
            self.answers.into_iter().map(|(status, answer)| (status.to_string(), answer)).collect();
        responses.extend(self.refusals.responses(&mut self.schemas));
        responses.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Other" }));
        let requirements = self.credentials.iter().flat_map(|it| it.requirements(&self.locations, is_safe));
        let mut operation = json!({
            "tags": [self.tag],
            "operationId": self.id,
            "summary": self.summary,
            "responses": responses,
        });
        let security: Vec<_> = requirements.collect();
        for (name, value) in [("security", security), ("parameters", self.parameters)] {
            if !value.is_empty() {
                set(&mut operation, &[name], value);
            }
        }
        if let Some(description) = self.description {
            set(&mut operation, &["description"], description);
        }
        if let Some(body) = self.body {
            set(&mut operation, &["requestBody"], body.into_value());
        }
        schemas.merge(self.schemas);
        operation
    }
}
