//! The header of a token (RFC 7515, section 4).

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{errors::Flaw, keys::Algorithm};

/// The header parameters that are used. `jku`, `jwk`, `x5u` and `x5c` are ignored: keys come from configuration only.
///
/// Anybody can send a header, so it is read without building what is not used.
pub(crate) struct JoseHeader {
    pub(crate) alg: String,
    pub(crate) kid: Option<String>,
    typ: Option<String>,
    has_crit: bool,
}

impl JoseHeader {
    /// Maximum length, in bytes.
    const MAX_LEN: usize = 3 * 1024;

    /// Reads a JSON object without duplicate names, at any depth.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Flaw> {
        if text.len() > Self::MAX_LEN {
            return Err(Flaw::Header);
        }
        serde_json::from_slice(text).map_err(|_| Flaw::Header)
    }

    /// Checks that the algorithm is supported and the type right (RFC 8725, section 3.11). Whether the algorithm is that of the
    /// key, [`CompactJws::check_signature`](crate::compact_jws::CompactJws::check_signature) decides.
    pub(crate) fn check(&self, is_right_type: impl FnOnce(&str) -> bool) -> Result<(), Flaw> {
        if Algorithm::find(&self.alg).is_none() {
            Err(Flaw::Algorithm)
        } else if self.has_crit {
            Err(Flaw::Critical)
        } else if !self.typ.as_deref().is_some_and(is_right_type) {
            Err(Flaw::Type)
        } else {
            Ok(())
        }
    }
}

impl<'de> Deserialize<'de> for JoseHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HeaderVisitor;

        impl<'de> Visitor<'de> for HeaderVisitor {
            type Value = JoseHeader;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<JoseHeader, A::Error> {
                let (mut alg, mut kid, mut typ, mut has_crit) = (None, None, None, false);
                let mut names = Names::default();
                while let Some(name) = access.next_key::<String>()? {
                    match &*name {
                        "alg" => alg = Some(access.next_value()?),
                        "kid" => kid = access.next_value()?,
                        "typ" => typ = access.next_value()?,
                        "crit" => {
                            has_crit = true;
                            access.next_value::<IgnoredAny>()?;
                        }
                        _ => {
                            access.next_value::<Unread>()?;
                        }
                    }
                    names.add(name)?;
                }
                let alg = alg.ok_or_else(|| A::Error::missing_field("alg"))?;
                Ok(JoseHeader { alg, kid, typ, has_crit })
            }
        }

        deserializer.deserialize_map(HeaderVisitor)
    }
}

/// The names of an object's members so far.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    fn add<E: Error>(&mut self, name: String) -> Result<(), E> {
        if self.0.insert(name) { Ok(()) } else { Err(E::custom("a name occurs twice")) }
    }
}

/// A value that nobody needs, whose objects have each name once.
struct Unread;

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UnreadVisitor)
    }
}

struct UnreadVisitor;

impl<'de> Visitor<'de> for UnreadVisitor {
    type Value = Unread;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Unread, E> {
        Ok(Unread)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unread, E> {
        Ok(Unread)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unread, E> {
        Ok(Unread)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unread, E> {
        Ok(Unread)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unread, E> {
        Ok(Unread)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unread, E> {
        Ok(Unread)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Unread, A::Error> {
        while access.next_element::<Unread>()?.is_some() {}
        Ok(Unread)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Unread, A::Error> {
        let mut names = Names::default();
        while let Some(name) = access.next_key()? {
            names.add(name)?;
            access.next_value::<Unread>()?;
        }
        Ok(Unread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_read(text: &str) -> bool {
        JoseHeader::parse(text.as_bytes()).is_ok()
    }

    #[test]
    fn what_is_not_used_is_ignored_at_any_depth() {
        assert!(is_read(r#"{"alg":"RS256"}"#));
        assert!(is_read(
            r#"{"x5c":["a"],"jwk":{"kty":"RSA","n":[1,-2,0.5,null,true]},"alg":"RS256","typ":null,"kid":"k"}"#
        ));
        assert!(is_read(r#"{"alg":"RS256","a":{"b":1},"b":{"b":1}}"#));
    }

    #[test]
    fn a_name_occurs_once_in_each_object() {
        for text in [
            r#"{"alg":"RS256","alg":"RS256"}"#,
            r#"{"alg":"RS256","kid":"a","kid":"b"}"#,
            r#"{"alg":"RS256","crit":1,"crit":1}"#,
            r#"{"alg":"RS256","a":1,"\u0061":1}"#,
            r#"{"alg":"RS256","a":[{"b":1,"b":1}]}"#,
        ] {
            assert!(!is_read(text), "{text}");
        }
    }

    #[test]
    fn a_header_that_is_no_object_has_no_algorithm_or_is_too_long_is_refused() {
        for text in ["", "[]", r#"["RS256"]"#, r#"{"kid":"k"}"#, r#"{"alg":1}"#, r#"{"alg":null}"#] {
            assert!(!is_read(text), "{text}");
        }
        let long = format!(r#"{{"alg":"RS256","a":"{}"}}"#, "a".repeat(JoseHeader::MAX_LEN));
        assert!(!is_read(&long));
    }
}
