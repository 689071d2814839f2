//! Keys of settings: `tokens.access_ttl_secs` is the member `access_ttl_secs` of the section `tokens`.

use serde_json::Value;

/// The place of a key in JSON (RFC 6901).
pub(crate) fn pointer(key: &str) -> String {
    format!("/{}", key.replace('.', "/"))
}

/// `{"a": {"b": 1}}` has the key `a.b`.
pub(crate) fn flatten(value: &Value) -> Vec<String> {
    let Value::Object(members) = value else { return Vec::new() };
    let mut keys = Vec::new();
    for (name, member) in members {
        if member.is_object() {
            keys.extend(flatten(member).iter().map(|key| format!("{name}.{key}")));
        } else {
            keys.push(name.clone());
        }
    }
    keys
}

/// Removes a key.
pub(super) fn remove(value: &mut Value, key: &str) {
    let (section, name) = key.rsplit_once('.').map_or((String::new(), key), |(section, name)| (pointer(section), name));
    if let Some(members) = value.pointer_mut(&section).and_then(Value::as_object_mut) {
        members.remove(name);
    }
}

/// The key that is spelled most like this one.
pub(super) fn nearest<'a>(key: &str, known: &'a [String]) -> Option<&'a String> {
    known.iter().min_by_key(|known| strsim::damerau_levenshtein(key, known))
}
