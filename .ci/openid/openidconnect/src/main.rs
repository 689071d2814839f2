//! A login with the crate `openidconnect`, one step at a time: it prints the URL of a step, and reads where the browser arrived.
//!
//! `openidconnect-client ISSUER CLIENT_ID CLIENT_SECRET REDIRECT_URI POST_LOGOUT_URI`

use std::{
    env,
    error::Error,
    io::{Write, stdin, stdout},
};

use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, IssuerUrl, LogoutRequest,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl,
    Scope, TokenResponse,
    core::{CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreTokenResponse, CoreUserInfoClaims},
    reqwest,
    url::Url,
};

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let [issuer, client_id, secret, redirect_uri, post_logout_uri] = arguments()?;
    let http = reqwest::blocking::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let metadata = ProviderMetadataWithLogout::discover(&IssuerUrl::new(issuer)?, &http)?;
    let end_session = metadata.additional_metadata().end_session_endpoint.clone().ok_or("no end_session_endpoint")?;
    let client =
        CoreClient::from_provider_metadata(metadata, ClientId::new(client_id), Some(ClientSecret::new(secret)))
            .set_redirect_uri(RedirectUrl::new(redirect_uri)?);
    let verifier = client.id_token_verifier();

    let (challenge, code_verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "email", "offline_access"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let arrived = visit(&url)?;
    if parameter(&arrived, "state")? != *state.secret() {
        return Err("another state".into());
    }

    let code = AuthorizationCode::new(parameter(&arrived, "code")?);
    let tokens = client.exchange_code(code)?.set_pkce_verifier(code_verifier).request(&http)?;
    let id_token = tokens.id_token().ok_or("no ID token")?;
    let claims = id_token.claims(&verifier, &nonce)?;
    let expected = claims.access_token_hash().ok_or("no at_hash")?;
    let alg = id_token.signing_alg()?;
    if *expected != AccessTokenHash::from_token(tokens.access_token(), alg, id_token.signing_key(&verifier)?)? {
        return Err("another at_hash".into());
    }
    println!("login {}", claims.subject().as_str());

    println!("userinfo {}", preferred_username(&client, &tokens, claims, &http)?);

    let refresh_token = tokens.refresh_token().ok_or("no refresh token")?;
    let refreshed = client.exchange_refresh_token(refresh_token)?.request(&http)?;
    preferred_username(&client, &refreshed, claims, &http)?;
    println!("refresh");

    let logout = LogoutRequest::from(end_session)
        .set_id_token_hint(id_token)
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(post_logout_uri)?)
        .set_state(CsrfToken::new("back".to_owned()));
    let arrived = visit(&logout.http_get_url())?;
    if parameter(&arrived, "state")? != "back" {
        return Err("another state".into());
    }
    println!("logout");
    Ok(())
}

fn arguments() -> Result<[String; 5], Failure> {
    let given: Vec<_> = env::args().skip(1).collect();
    given.try_into().map_err(|_| "expected 5 arguments".into())
}

/// The client as discovery leaves it.
type Client = CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

fn preferred_username(
    client: &Client,
    tokens: &CoreTokenResponse,
    claims: &CoreIdTokenClaims,
    http: &reqwest::blocking::Client,
) -> Result<String, Failure> {
    let subject = Some(claims.subject().clone());
    let user: CoreUserInfoClaims = client.user_info(tokens.access_token().clone(), subject)?.request(http)?;
    Ok(user.preferred_username().ok_or("no preferred_username")?.to_string())
}

/// Lets the browser visit a URL, and returns where it arrives.
fn visit(url: &Url) -> Result<Url, Failure> {
    println!("visit {url}");
    stdout().flush()?;
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    Ok(Url::parse(line.trim())?)
}

fn parameter(url: &Url, name: &str) -> Result<String, Failure> {
    let found = url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    found.ok_or_else(|| format!("no {name} in {url}").into())
}
