//! The schemas that a description refers to.

use serde_json::{Map, Value, json};
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

/// Schemas by name: `components.schemas`.
#[derive(Default)]
pub(super) struct Schemas(Map<String, Value>);

impl Schemas {
    /// A reference to the schema of `T`, which is added with all that it refers to.
    pub(super) fn refer_to<T: ToSchema>(&mut self) -> Value {
        let name = T::name().into_owned();
        let mut found: Vec<(String, RefOr<Schema>)> = vec![(name.clone(), T::schema())];
        T::schemas(&mut found);
        self.0.extend(found.into_iter().map(|(name, schema)| (name, json!(schema))));
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    /// Adds all of the others.
    pub(super) fn merge(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// All of them.
    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}
