//! OpenID Connect: the metadata, the keys and the userinfo endpoint. Rows are those of the checklist.

mod discovery;
mod id_keys;
mod userinfo;
