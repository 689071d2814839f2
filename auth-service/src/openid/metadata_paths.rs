//! Further paths of the metadata.

/// The URLs at which the metadata of an issuer with a path are found besides those at the root; none for one without.
///
/// RFC 8414, section 3.1, inserts the well-known name before the path. OpenID Connect Discovery 1.0, section 4, appends it.
pub fn metadata_paths(issuer: &str) -> Vec<String> {
    let path = issuer.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|start| rest.get(start..)));
    // Braces would be a pattern of the router.
    let path = path.filter(|path| !path.contains(['{', '}']));
    path.map_or_else(Vec::new, |path| {
        vec![
            format!("/.well-known/oauth-authorization-server{path}"),
            format!("/.well-known/openid-configuration{path}"),
            format!("{path}/.well-known/openid-configuration"),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::metadata_paths;

    #[test]
    fn only_an_issuer_with_a_path_has_further_urls() {
        assert!(metadata_paths("https://login.example.com").is_empty());
        assert!(metadata_paths("http://localhost:5000").is_empty());
        let expected = [
            "/.well-known/oauth-authorization-server/a/b",
            "/.well-known/openid-configuration/a/b",
            "/a/b/.well-known/openid-configuration",
        ];
        assert_eq!(metadata_paths("https://example.com/a/b"), expected);
    }
}
