//! Members of JSON objects.

use serde_json::{Map, Value};

/// Sets a member of a JSON object; of an object in it, if there are several names.
pub(super) fn set(object: &mut Value, names: &[&str], value: impl Into<Value>) {
    let Some((last, names)) = names.split_last() else { return };
    let inner = names.iter().try_fold(object, |object, name| {
        Some(object.as_object_mut()?.entry(*name).or_insert_with(|| Value::Object(Map::new())))
    });
    if let Some(members) = inner.and_then(Value::as_object_mut) {
        members.insert((*last).to_owned(), value.into());
    }
}
