//! A file of clients.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    client_id::{ClientName, InvalidClientId},
    registration::Registration,
    sent_registration::{InvalidRegistration, SentRegistration},
};

/// A file of clients: TOML with a table `[clients.NAME]` for each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientFile {
    #[serde(default)]
    clients: BTreeMap<String, SentRegistration>,
}

/// Why a file of clients cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InvalidClientFile {
    /// It is no TOML, or has something else in it.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A name is invalid.
    #[error("clients.{0}: {1}")]
    Name(String, InvalidClientId),
    /// Two names mean one client.
    #[error("clients.{0}: the client is in the file twice, with the suffix and without")]
    Twice(String),
    /// A registration is invalid.
    #[error("clients.{0}: {1}")]
    Registration(String, InvalidRegistration),
}

/// The clients in a file.
///
/// # Errors
/// [`InvalidClientFile`], which names the client.
pub fn read(text: &str) -> Result<BTreeMap<ClientName, Registration>, InvalidClientFile> {
    let file: ClientFile = toml::from_str(text)?;
    let mut clients = BTreeMap::new();
    for (key, sent) in file.clients {
        let name: ClientName = key.parse().map_err(|error| InvalidClientFile::Name(key.clone(), error))?;
        let registration = sent.parse().map_err(|error| InvalidClientFile::Registration(key.clone(), error))?;
        name.id(registration.kind).map_err(|error| InvalidClientFile::Name(key.clone(), error))?;
        if clients.keys().any(|other: &ClientName| other.rivals() == name.rivals()) {
            return Err(InvalidClientFile::Twice(key));
        }
        clients.insert(name, registration);
    }
    Ok(clients)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_table_for_each_client() {
        let clients = read(
            r#"
            [clients.reports]
            scope = "reports:read"

            [clients.shop]
            kind = "web"
            redirect_uris = ["https://shop.example/callback"]
            "#,
        )
        .unwrap();

        let names: Vec<_> = clients.iter().map(|(name, it)| format!("{name} {}", it.kind)).collect();
        assert_eq!(names, ["reports service", "shop web"]);
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named() {
        for (text, what) in [
            ("[clients.a]\ntypo = 1", "typo"),
            ("[client.a]", "client"),
            ("[clients.A]", "clients.A"),
            ("[clients.a]\nkind = \"webs\"", "webs"),
            ("[clients.a]\nkind = \"web\"", "clients.a"),
            ("[clients.a]\n[clients.\"a@clients\"]", "twice"),
            ("[clients.\"a@clients\"]\nkind=\"web\"\nredirect_uris=[\"https://a.example\"]", "a@clients"),
            ("clients = 1", "clients"),
            ("not toml", "not"),
        ] {
            let error = read(text).unwrap_err().to_string();

            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
