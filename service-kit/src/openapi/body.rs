//! The body of a request.

use serde_json::{Value, json};

use super::object::set;

/// The body of a request.
pub(super) struct Body {
    pub(super) media_type: &'static str,
    pub(super) schema: Value,
    pub(super) is_required: bool,
    pub(super) example: Option<Value>,
}

impl Body {
    pub(super) fn into_value(self) -> Value {
        let mut content = json!({ "schema": self.schema });
        if let Some(example) = self.example {
            set(&mut content, &["example"], example);
        }
        json!({ "required": self.is_required, "content": { self.media_type: content } })
    }
}
