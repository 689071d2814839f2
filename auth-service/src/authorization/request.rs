//! A valid authorization request.

use std::time::Duration;

use super::{parameters::Parameters, redirect::Redirect, refusal::Refusal};
use crate::clients::{kind::Kind, registered_client::RegisteredClient, scopes::Scopes};

/// A valid authorization request.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// Who sends it.
    pub client: RegisteredClient,
    /// Where the answer goes.
    pub redirect: Redirect,
    /// What it asks for, as far as the client may.
    pub scopes: Scopes,
    /// The audience of the access token, where it is not the default one (RFC 8707).
    pub audience: Option<String>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// S256 (RFC 7636).
    pub challenge: Option<String>,
    /// Which pages are wanted.
    pub prompt: Prompt,
    /// How long ago the user may have logged in.
    pub max_age: Option<Duration>,
    /// The username, if the client knows it.
    pub login_hint: Option<String>,
    /// An ID token of the user who is expected.
    pub id_token_hint: Option<String>,
}

/// Which pages are wanted (OpenID Connect Core 1.0, section 3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a value of the parameter")]
pub struct Prompt {
    /// None at all.
    pub none: bool,
    /// The login page, also if the user is logged in.
    pub login: bool,
    /// The consent page, also if the user has consented.
    pub consent: bool,
    /// The registration page (Initiating User Registration 1.0).
    pub create: bool,
}

/// The longest `nonce`; it becomes part of a token.
const MAX_NONCE: usize = 512;
/// A `login_hint` longer than a username is ignored.
const MAX_LOGIN_HINT: usize = 320;

impl AuthorizationRequest {
    /// Judges all but the client and the redirect URI. `audience` is that of tokens by default, and `resources` are the others.
    ///
    /// # Errors
    /// [`Refusal`], for the client.
    pub fn read(
        parameters: &Parameters,
        client: RegisteredClient,
        redirect: Redirect,
        audience: &str,
        resources: &[String],
    ) -> Result<Self, Refusal> {
        if parameters.has_repeated() {
            return Err(Refusal::InvalidRequest("A parameter is repeated"));
        }
        if parameters.find("request").is_some() {
            return Err(Refusal::RequestNotSupported);
        }
        if parameters.find("request_uri").is_some() {
            return Err(Refusal::RequestUriNotSupported);
        }
        match parameters.find("response_type") {
            Some("code") => {}
            Some(_) => return Err(Refusal::UnsupportedResponseType),
            None => return Err(Refusal::InvalidRequest("Missing parameter: response_type")),
        }
        if !matches!(parameters.find("response_mode"), None | Some("query" | "form_post")) {
            return Err(Refusal::InvalidRequest("The supported values of response_mode are query and form_post"));
        }
        let challenge = challenge(parameters, client.registration.requires_pkce || client.is_public())?;
        let prompt = Prompt::read(parameters.find("prompt"))?;
        let max_age = match parameters.find("max_age").map(str::parse) {
            Some(Ok(seconds)) => Some(Duration::from_secs(seconds)),
            Some(Err(_)) => return Err(Refusal::InvalidRequest("max_age is not a number of seconds")),
            None => None,
        };
        let nonce = parameters.find("nonce").map(str::to_owned);
        if nonce.as_ref().is_some_and(|nonce| nonce.len() > MAX_NONCE) {
            return Err(Refusal::InvalidRequest("nonce exceeds 512 bytes"));
        }
        let scopes = scopes(parameters, &client.registration.scopes)?;
        let audience = match parameters.find("resource") {
            Some(resource) if resource == audience => None,
            Some(resource) if resources.iter().any(|known| known == resource) => Some(resource.to_owned()),
            Some(_) => return Err(Refusal::InvalidTarget),
            None => None,
        };
        let login_hint = parameters.find("login_hint").filter(|hint| hint.len() <= MAX_LOGIN_HINT).map(str::to_owned);
        let id_token_hint = parameters.find("id_token_hint").map(str::to_owned);
        Ok(Self { client, redirect, scopes, audience, nonce, challenge, prompt, max_age, login_hint, id_token_hint })
    }

    /// Whether another program could pose as the client and use its code: then the user is asked each time (RFC 8252, section 8.6).
    /// A confidential client exchanges the code with its secret, wherever it listens.
    pub fn is_impersonable(&self) -> bool {
        let is_public = self.client.is_public();
        self.client.registration.kind == Kind::Native || (is_public && !self.redirect.uri().starts_with("https://"))
    }
}

impl Prompt {
    fn read(text: Option<&str>) -> Result<Self, Refusal> {
        let mut prompt = Self::default();
        let Some(text) = text else { return Ok(prompt) };
        for value in text.split(' ') {
            match value {
                "none" => prompt.none = true,
                // There is one account in a browser: to select another is to log in.
                "login" | "select_account" => prompt.login = true,
                "consent" => prompt.consent = true,
                "create" => prompt.create = true,
                _ => return Err(Refusal::InvalidRequest("Unknown value of prompt")),
            }
        }
        if prompt.none && text != "none" {
            return Err(Refusal::InvalidRequest("prompt=none excludes all other values"));
        }
        Ok(prompt)
    }
}

/// PKCE (RFC 7636) with S256: with `plain`, anyone who sees the request could redeem the code.
fn challenge(parameters: &Parameters, is_required: bool) -> Result<Option<String>, Refusal> {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match (parameters.find("code_challenge"), parameters.find("code_challenge_method")) {
        (None, None) if is_required => Err(Refusal::InvalidRequest("This client must send a code_challenge")),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Refusal::InvalidRequest("Missing parameter: code_challenge")),
        (Some(challenge), Some("S256")) if challenge.len() == 43 && challenge.bytes().all(is_base64url) => {
            Ok(Some(challenge.to_owned()))
        }
        (Some(_), Some("S256")) => Err(Refusal::InvalidRequest("code_challenge is not a SHA-256 in base64url")),
        (Some(_), _) => Err(Refusal::InvalidRequest("The only supported code_challenge_method is S256")),
    }
}

/// Scopes that the client may not request are ignored (OpenID Connect Core 1.0, section 3.1.2.1); the answer says what was granted.
fn scopes(parameters: &Parameters, allowed: &Scopes) -> Result<Scopes, Refusal> {
    let requested: Scopes = parameters.find("scope").unwrap_or_default().parse().map_err(|_| Refusal::InvalidScope)?;
    let granted = requested.intersection(allowed);
    if granted.is_empty() { Err(Refusal::InvalidScope) } else { Ok(granted) }
}
