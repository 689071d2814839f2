//! The suite's client and browser, and what it checks in every module.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use service_kit::testing::Response;
use shared::UnixTime;

use crate::authorization::{self, authorize, exchange_as, insert_application, member, members};
use crate::support::{Browser, Database, TestApp, config_for, payload_of};

/// Where the suite expects its user back after a login,
pub const REDIRECT: &str = "https://suite.example/test/a/auth/callback";
/// and after a logout.
pub const AFTER_LOGOUT: &str = "https://suite.example/test/a/auth/post_logout_redirect";
/// The suite demands https; the test's service is behind a proxy, so to speak.
const ISSUER: &str = "https://login.example.com";
/// The clocks may differ by so much, in seconds.
const SKEW: i64 = 300;

/// An auth-service with the user `alice`, and the suite with a browser and two clients, which need not send PKCE.
pub struct Suite {
    pub app: TestApp,
    pub browser: Browser,
    /// What the service says of itself.
    pub metadata: Value,
    /// The keys that it publishes.
    pub keys: Vec<Value>,
    /// The client that is in use.
    pub client: &'static str,
}

/// The tokens of a login, whose ID token is valid.
#[derive(Debug)]
pub struct Tokens {
    pub access: String,
    pub id: String,
    /// The claims of the ID token.
    pub claims: Value,
    /// The response of the token endpoint.
    pub body: Value,
}

impl Suite {
    /// With a service that uses this database.
    pub async fn start(database: &Database) -> Self {
        let mut config = config_for(database);
        ISSUER.clone_into(&mut config.issuer);
        config.backchannel.private_addresses = true;
        let app = TestApp::spawn_with(database.clone(), config).await;
        assert_eq!(app.register("alice").await.status, 201);
        for client in ["suite", "suite-2"] {
            let more = format!(", requires_pkce = 0, post_logout_uris = '{AFTER_LOGOUT}'");
            insert_application(database, client, "web", REDIRECT, &more);
        }
        let metadata = app.get("/.well-known/openid-configuration").await.json();
        let browser = Browser::new(&app);
        let mut suite = Self { app, browser, metadata, keys: Vec::new(), client: "suite" };
        let jwks = suite.app.get(&suite.endpoint("jwks_uri")).await.json();
        jwks["keys"].as_array().unwrap().clone_into(&mut suite.keys);
        suite
    }

    /// The path of a URL of the metadata.
    pub fn endpoint(&self, name: &str) -> String {
        self.metadata[name].as_str().unwrap().strip_prefix(ISSUER).unwrap().to_owned()
    }

    /// The path of an authorization request without PKCE, with these parameters besides, or instead.
    pub fn request(&self, more: &[(&str, &str)]) -> String {
        let plain = [
            ("client_id", self.client),
            ("redirect_uri", REDIRECT),
            ("code_challenge", ""),
            ("code_challenge_method", ""),
        ];
        let path = authorization::request(&[&plain, more].concat());
        let (_, query) = path.split_once('?').unwrap();
        format!("{}?{query}", self.endpoint("authorization_endpoint"))
    }

    /// The response to such a request, once the user has answered the pages.
    pub async fn authorize(&mut self, more: &[(&str, &str)]) -> Response {
        let path = self.request(more);
        authorize(&mut self.browser, &path).await
    }

    /// The response without a user who answers pages.
    pub async fn open(&mut self, more: &[(&str, &str)]) -> Response {
        let path = self.request(more);
        self.browser.open(&path).await
    }

    /// Exchanges a code, with the client's secret in the header.
    pub async fn exchange(&self, code: &str) -> Response {
        exchange_as(&self.app, Some(self.client), code, &[("redirect_uri", REDIRECT)]).await
    }

    /// The tokens of a login for such a request.
    pub async fn log_in(&mut self, more: &[(&str, &str)]) -> Tokens {
        let answer = self.authorize(more).await;
        let sent_nonce = more.iter().find(|(name, _)| *name == "nonce").map_or("n-1", |(_, nonce)| nonce);
        self.tokens_for(&answer, sent_nonce).await
    }

    /// The tokens for the code of a success.
    pub async fn tokens_for(&self, answer: &Response, nonce: &str) -> Tokens {
        let exchanged = self.exchange(&code_of(answer)).await;
        self.tokens_in(&exchanged, nonce).await
    }

    /// The tokens of a response. The access token is accepted at the userinfo endpoint.
    pub async fn tokens_in(&self, answer: &Response, nonce: &str) -> Tokens {
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{answer:?}");
        assert_eq!((answer.header("cache-control"), answer.header("pragma")), (Some("no-store"), Some("no-cache")));
        let body = answer.json();
        assert_eq!(body["token_type"], "Bearer");
        assert!(body["expires_in"].as_i64().unwrap() > 0, "{body}");
        let [access, id] = ["access_token", "id_token"].map(|name| body[name].as_str().unwrap().to_owned());
        assert_eq!(self.app.get_as(&access, &self.endpoint("userinfo_endpoint")).await.status, 200);
        let claims = self.verify(&id, "JWT");
        assert_eq!(claims["nonce"].as_str().unwrap_or_default(), nonce, "{claims}");
        assert!(claims["exp"].as_i64().unwrap() > UnixTime::now().seconds() - SKEW, "{claims}");
        Tokens { access, id, claims, body }
    }

    /// The claims of a token of this type, which one of the published keys has signed for the client, about a user.
    pub fn verify(&self, token: &str, typ: &str) -> Value {
        let (message, signature) = token.rsplit_once('.').unwrap();
        let header: Value = serde_json::from_slice(&decoded(message.split('.').next().unwrap())).unwrap();
        assert_eq!((&header["alg"], &header["typ"]), (&"RS256".into(), &typ.into()));
        let keys: Vec<_> = self.keys.iter().filter(|key| key["kid"] == header["kid"]).collect();
        assert_eq!(keys.len(), 1, "{header}");
        let [n, e] = ["n", "e"].map(|name| decoded(keys[0][name].as_str().unwrap()));
        let key = RsaPublicKeyComponents { n, e };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &decoded(signature)).unwrap();
        let claims = payload_of(token);
        assert_eq!((&claims["iss"], &claims["aud"]), (&ISSUER.into(), &self.client.into()));
        let sub = claims["sub"].as_str().unwrap();
        assert!((1..=255).contains(&sub.len()) && sub.is_ascii(), "{sub}");
        assert!(claims["iat"].as_i64().unwrap() < UnixTime::now().seconds() + SKEW, "{claims}");
        claims
    }

    /// What the userinfo endpoint says, for an access token in the header of a `GET`.
    pub async fn userinfo(&self, tokens: &Tokens) -> Value {
        let answer = self.app.get_as(&tokens.access, &self.endpoint("userinfo_endpoint")).await;
        Self::userinfo_in(&answer, tokens)
    }

    /// The claims in a response of the userinfo endpoint, which are about the user of the ID token.
    pub fn userinfo_in(answer: &Response, tokens: &Tokens) -> Value {
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{answer:?}");
        let claims = answer.json();
        assert_eq!(claims["sub"], tokens.claims["sub"]);
        claims
    }

    /// Sends the browser to the end-session endpoint.
    pub async fn log_out(&mut self, parameters: &[(&str, &str)]) -> Response {
        let query = serde_urlencoded::to_string(parameters).unwrap();
        let path = format!("{}?{query}", self.endpoint("end_session_endpoint"));
        self.browser.open(&path).await
    }

    /// Nobody is logged in: `prompt=none` is an error.
    pub async fn assert_logged_out(&mut self) {
        let answer = self.open(&[("prompt", "none")]).await;
        assert_needs_user(&answer, "st-1");
    }
}

/// The code of a success: nothing else is in the redirect but `state` and `iss`, which are right.
pub fn code_of(answer: &Response) -> String {
    assert!(answer.header("location").unwrap_or_default().starts_with(REDIRECT), "{answer:?}");
    let names: Vec<_> = members(answer).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!((&*member(answer, "state"), &*member(answer, "iss")), ("st-1", ISSUER));
    let code = member(answer, "code");
    assert!(code.len() >= 16, "{code}");
    code
}

/// The error in the redirect, which has no code, and this `state` unless it is empty.
pub fn error_of(answer: &Response, state: &str) -> String {
    assert!(answer.header("location").unwrap_or_default().starts_with(REDIRECT), "{answer:?}");
    let names: Vec<_> = members(answer).into_iter().map(|(name, _)| name).collect();
    let in_between = if state.is_empty() { &[][..] } else { &["state"] };
    assert_eq!(names, [&["error", "error_description"], in_between, &["iss"]].concat());
    assert_eq!((&*member(answer, "state"), &*member(answer, "iss")), (state, ISSUER));
    assert!(is_printable(&member(answer, "error_description")), "{answer:?}");
    member(answer, "error")
}

/// The error says that the user would have to do something.
pub fn assert_needs_user(answer: &Response, state: &str) {
    let error = error_of(answer, state);
    let expected = ["login_required", "interaction_required", "consent_required", "account_selection_required"];
    assert!(expected.contains(&&*error), "{error}");
}

/// What `error_description` may consist of (RFC 6749, section 5.2).
pub fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && !matches!(byte, b'"' | b'\\'))
}

fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}
