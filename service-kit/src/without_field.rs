//! Deserialization of a map with one additional field.

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, Visitor, value::StringDeserializer},
    forward_to_deserialize_any,
};

/// A deserializer that hides one field from structs which do not have it, so that a struct with `deny_unknown_fields` accepts an
/// access token in addition to its own fields.
pub(crate) struct WithoutField<D> {
    inner: D,
    field: &'static str,
}

impl<D> WithoutField<D> {
    pub(crate) fn new(inner: D, field: &'static str) -> Self {
        Self { inner, field }
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for WithoutField<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        if fields.contains(&self.field) {
            self.inner.deserialize_struct(name, fields, visitor)
        } else {
            self.inner.deserialize_map(Hiding { inner: visitor, field: self.field })
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// A visitor, or the access to a map, from which the field is hidden.
struct Hiding<T> {
    inner: T,
    field: &'static str,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Hiding<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Hiding { inner: map, field: self.field })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Hiding<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.inner.next_key::<String>()? {
            if key != self.field {
                let key: StringDeserializer<A::Error> = key.into_deserializer();
                return seed.deserialize(key).map(Some);
            }
            self.inner.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}
