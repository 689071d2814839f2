//! Client authentication.

use actix_web::{
    HttpRequest,
    http::header::{AUTHORIZATION, HeaderValue},
    web::Data,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use service_kit::uninterrupted;
use shared::{Secret, UnixTime};
use zeroize::Zeroizing;

use super::{oauth_error::OAuthError, oauth_form::OAuthForm};
use crate::{
    client_info::ClientInfo,
    clients::{
        authentication::{Client, SentCredentials},
        authenticator::ClientAuthenticator,
    },
    form_encoding::form_pairs,
};

/// The client that sends a request: `Authorization: Basic`, or `client_id` and `client_secret` in the form (RFC 6749,
/// section 2.3.1), or `client_id` alone of a public client, which proves nothing. `None` without any.
///
/// # Errors
/// [`OAuthError::InvalidClient`] for wrong or missing credentials, [`OAuthError::InvalidRequest`] for more than one method; or that the
/// address has failed too often.
pub async fn sender(
    req: &HttpRequest,
    form: &OAuthForm,
    from: &ClientInfo,
    clients: &Data<ClientAuthenticator>,
) -> Result<Option<Client>, OAuthError> {
    let Some(sent) = find(req, form)? else { return Ok(None) };
    let (clients, address) = (clients.clone(), from.address.clone());
    let client = uninterrupted(async move {
        Ok(clients.authenticate(sent, address, UnixTime::now()).await.map_err(OAuthError::from)?)
    });
    client.await?.map(Some).ok_or(OAuthError::InvalidClient)
}

fn find(req: &HttpRequest, form: &OAuthForm) -> Result<Option<SentCredentials>, OAuthError> {
    let mut headers = req.headers().get_all(AUTHORIZATION);
    let header = headers.next();
    if headers.next().is_some() {
        return Err(OAuthError::InvalidRequest("Duplicate Authorization header"));
    }
    let in_header =
        header.and_then(basic).map(|encoded| decode(encoded).ok_or(OAuthError::InvalidClient)).transpose()?;
    let (id, secret) = (form.find("client_id"), form.find("client_secret"));
    match (in_header, id, secret) {
        (Some(_), _, Some(_)) => Err(OAuthError::InvalidRequest("Multiple client authentication methods")),
        (Some(sent), Some(id), None) if sent.id != id => {
            Err(OAuthError::InvalidRequest("Multiple client authentication methods"))
        }
        (Some(sent), _, None) => Ok(Some(sent)),
        (None, Some(id), secret) => {
            let secret = secret.map(|secret| Secret::new(secret.to_owned()));
            Ok(Some(SentCredentials { id: id.to_owned(), secret }))
        }
        (None, None, Some(_)) => Err(OAuthError::InvalidClient),
        (None, None, None) => Ok(None),
    }
}

/// What follows `Basic` (RFC 7617).
fn basic(header: &HeaderValue) -> Option<&str> {
    let (scheme, rest) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Basic").then(|| rest.trim_start_matches(' '))
}

/// Id and secret, each form-encoded and joined by a colon. An empty secret, which some public clients send, counts as absent.
fn decode(encoded: &str) -> Option<SentCredentials> {
    let bytes = Zeroizing::new(STANDARD.decode(encoded).ok()?);
    let (id, secret) = str::from_utf8(&bytes).ok()?.split_once(':')?;
    let secret = Some(form_decoded(secret)?).filter(|secret| !secret.is_empty()).map(Secret::new);
    Some(SentCredentials { id: form_decoded(id)?, secret })
}

fn form_decoded(text: &str) -> Option<String> {
    let mut pairs = form_pairs(&format!("x={text}"))?.into_iter();
    let (_, value) = pairs.next()?;
    pairs.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_form_encoded() {
        for (plain, id, secret) in [
            ("reports@clients:s", "reports@clients", "s"),
            ("reports%40clients:s%3Ae%25c+ret", "reports@clients", "s:e%c ret"),
            ("a:b:c=d", "a", "b:c=d"),
            (":", "", ""),
        ] {
            let sent = decode(&STANDARD.encode(plain)).unwrap();

            let sent_secret = sent.secret.as_ref().map_or("", Secret::expose);
            assert_eq!((&*sent.id, sent_secret), (id, secret), "{plain}");
        }
    }

    #[test]
    fn malformed_credentials_are_refused() {
        for encoded in
            ["", "!", "YQ", &STANDARD.encode("no colon"), &STANDARD.encode(b"\xff:x"), &STANDARD.encode("a&b:c")]
        {
            assert!(decode(encoded).is_none(), "{encoded}");
        }
    }
}
