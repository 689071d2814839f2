//! A client that is registered.

use super::{kind::Kind, redirect_uri::RedirectUri, registration::Registration};

/// A client that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredClient {
    /// Its id.
    pub id: String,
    /// What is registered of it.
    pub registration: Registration,
}

impl RegisteredClient {
    /// Whether users may be sent to that URI after a login.
    pub fn allows_redirect_to(&self, sent: &str) -> bool {
        self.is_among(&self.registration.redirect_uris, sent)
    }

    /// Whether users may be sent to that URI after a logout.
    pub fn allows_post_logout_to(&self, sent: &str) -> bool {
        self.is_among(&self.registration.post_logout_uris, sent)
    }

    /// Whether it has no secret.
    pub fn is_public(&self) -> bool {
        self.registration.kind.is_public()
    }

    /// Only native applications listen on a port that they cannot choose beforehand (OAuth 2.1, section 8.4.2).
    fn is_among(&self, registered: &[RedirectUri], sent: &str) -> bool {
        registered.iter().any(|uri| match self.registration.kind {
            Kind::Native => uri.matches(sent),
            Kind::Web | Kind::Browser | Kind::Service => uri.is(sent),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::sent_registration::SentRegistration;

    fn client(kind: Kind) -> RegisteredClient {
        let uris = ["http://127.0.0.1/callback", "https://app.example.com/callback"].map(str::to_owned);
        let mut sent = SentRegistration::new(kind, uris.to_vec());
        sent.post_logout_uris = vec!["https://app.example.com/".to_owned()];
        RegisteredClient { id: "app".to_owned(), registration: sent.parse().unwrap() }
    }

    #[test]
    fn row_04_only_a_native_client_may_listen_on_another_port() {
        for (kind, is_allowed) in [(Kind::Native, true), (Kind::Web, false), (Kind::Browser, false)] {
            let client = client(kind);

            assert!(client.allows_redirect_to("http://127.0.0.1/callback"), "{kind}");
            assert_eq!(client.allows_redirect_to("http://127.0.0.1:51004/callback"), is_allowed, "{kind}");
            assert!(!client.allows_redirect_to("https://app.example.com:8443/callback"), "{kind}");
        }
    }

    #[test]
    fn row_57_uris_after_a_login_and_after_a_logout_are_not_mixed() {
        let client = client(Kind::Web);

        assert!(client.allows_post_logout_to("https://app.example.com/"));
        assert!(!client.allows_post_logout_to("https://app.example.com/callback"));
        assert!(!client.allows_redirect_to("https://app.example.com/"));
    }
}
