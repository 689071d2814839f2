//! JSON objects without duplicate names, at any depth.
//!
//! RFC 7519, section 4, lets a parser use the last of several duplicates or reject the document. Parsers that differ in
//! this would read different tokens, so this one rejects.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// Deserializes a JSON object. Unlike serde's derived implementations, rejects an array of the fields.
///
/// # Errors
/// Those of `serde_json`; valid JSON other than an object is a data error.
pub fn from_object<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    if text.trim_ascii_start().starts_with(b"{") {
        return serde_json::from_slice(text);
    }
    // Distinguishes JSON that is not an object from malformed JSON.
    serde_json::from_slice::<IgnoredAny>(text)?;
    Err(serde_json::Error::custom("it is not a JSON object"))
}

/// The members of a JSON object, each name once.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct JsonObject(pub(crate) Map<String, Value>);

struct StrictValue(Value);

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapVisitor;

        impl<'de> Visitor<'de> for MapVisitor {
            type Value = JsonObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<JsonObject, A::Error> {
                members(access).map(JsonObject)
            }
        }

        deserializer.deserialize_map(MapVisitor)
    }
}

impl<'de> Deserialize<'de> for StrictValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_none<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_string<E>(self, value: String) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
                let mut items = Vec::new();
                while let Some(StrictValue(item)) = access.next_element()? {
                    items.push(item);
                }
                Ok(Value::Array(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
                members(access).map(Value::Object)
            }
        }

        deserializer.deserialize_any(ValueVisitor).map(StrictValue)
    }
}

fn members<'de, A: MapAccess<'de>>(mut access: A) -> Result<Map<String, Value>, A::Error> {
    let mut members = Map::new();
    while let Some((name, StrictValue(value))) = access.next_entry::<String, StrictValue>()? {
        if members.insert(name, value).is_some() {
            return Err(de::Error::custom("duplicate name in a JSON object"));
        }
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::JsonObject;

    #[test]
    fn duplicate_names_are_rejected_at_any_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"b":2}}"#, r#"{"a":[{"b":1,"b":2}]}"#, r#"{"a":1,"\u0061":2}"#]
        {
            assert!(serde_json::from_str::<JsonObject>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_regular_object_is_read_unchanged() {
        let text = r#"{"a":1,"b":[true,null,-1,1.5,"x"],"c":{"a":1}}"#;

        let read: JsonObject = serde_json::from_str(text).unwrap();

        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_stack_overflow() {
        let text = format!(r#"{{"a":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));

        assert!(serde_json::from_str::<JsonObject>(&text).is_err());
    }
}
