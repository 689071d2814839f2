//! What holds for every input, however hostile: called by the fuzz targets in `fuzz/` and, for a moment, by the tests.
#![expect(clippy::expect_used, reason = "a fuzz target fails by a panic")]

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::LazyLock,
};

use actix_web::{
    Error, FromRequest,
    http::header::{CONTENT_TYPE, HeaderValue},
    test::TestRequest,
};
use argon2::Params;
use service_kit::{JsonBody, TrustedProxies};
use shared::UnixTime;
use tokio::runtime::{Builder, Runtime};

use crate::{
    config::{Config, SETTINGS},
    db::DatabaseUrl,
    guessing::device_token::DeviceTokens,
    keys::private_key_pem::pkcs8_from_pem,
    oauth::oauth_form::OAuthForm,
    sessions::{login::Login, refresh_token::RefreshTokens},
    users::{look_alike::check_new, register::Registration, stored_hash::StoredHash, username::Username},
};

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
}

/// A body that is refused is the client's fault.
fn extract<T: FromRequest>(content_type: &str, body: &[u8]) -> Option<T> {
    let request = TestRequest::default().insert_header((CONTENT_TYPE, content_type)).set_payload(body.to_vec());
    let (request, mut payload) = request.to_http_parts();
    match RUNTIME.with(|runtime| runtime.block_on(T::from_request(&request, &mut payload))) {
        Ok(body) => Some(body),
        Err(refused) => {
            let refused: Error = refused.into();
            assert!(refused.as_response_error().status_code().is_client_error(), "{refused}");
            None
        }
    }
}

/// A JSON body of `/login` or `/register`.
pub fn json_body(input: &[u8]) {
    let _ = extract::<JsonBody<Login>>("application/json", input);
    let _ = extract::<JsonBody<Registration>>("application/json", input);
}

/// A form body of OAuth's routes.
pub fn oauth_form(input: &[u8]) {
    let form = extract::<OAuthForm>("application/x-www-form-urlencoded", input);
    let found = form.as_ref().and_then(|form| form.find("grant_type"));
    assert!(found.is_none_or(|value| !value.is_empty()));
}

/// The values of `X-Forwarded-For`, one on each line. Only a trusted proxy decides, and only by what was sent.
pub fn forwarded_for(input: &[u8]) {
    static PROXIES: LazyLock<TrustedProxies> =
        LazyLock::new(|| TrustedProxies::parse(["10.0.0.0/8"].into_iter()).expect("a network"));
    let address_at = |peer: [u8; 4]| {
        let request = TestRequest::default().peer_addr(SocketAddr::from((peer, 9)));
        let values = input.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok());
        let request = values.fold(request, |request, value| request.append_header(("X-Forwarded-For", value)));
        PROXIES.client_address(&request.to_http_request())
    };
    assert_eq!(address_at([192, 0, 2, 1]), Some(IpAddr::from([192, 0, 2, 1])));
    let forwarded = address_at([10, 1, 1, 1]).expect("there is a peer");
    if let IpAddr::V4(address) = forwarded {
        let is_sent = String::from_utf8_lossy(input).contains(&address.to_string());
        assert!(is_sent || forwarded == IpAddr::from([10, 1, 1, 1]));
    }
}

/// A setting, `NAME=VALUE`, or with the name `AUTH_CONFIG` a file's text. A refusal does not repeat a secret.
pub fn settings(input: &[u8]) {
    static FILE: LazyLock<PathBuf> =
        LazyLock::new(|| std::env::temp_dir().join(format!("fuzzed-settings-{}.toml", std::process::id())));
    let text = String::from_utf8_lossy(input);
    let (name, value) = text.split_once('=').unwrap_or(("AUTH__MASTER_KEY", &text));
    if name == SETTINGS.file_variable {
        fs::write(&*FILE, value).expect("the folder for temporary files is writable");
        let _ = Config::from_environment([(name.to_owned(), FILE.to_string_lossy().into_owned())]);
        let _ = fs::remove_file(&*FILE);
        return;
    }
    let refused = Config::from_environment([(name.to_owned(), value.to_owned())]).err();
    let is_secret = SETTINGS.secrets.iter().any(|key| name == SETTINGS.variable(key));
    if let Some(refused) = refused.filter(|_| is_secret && value.len() >= 8) {
        assert!(!refused.to_string().contains(value), "{refused}");
    }
    let _ = value.parse::<DatabaseUrl>();
}

/// A password hash in the database or an import. What is read is affordable.
pub fn phc(input: &[u8]) {
    let settings = Params::new(19_456, 2, 1, None).expect("these are valid");
    if let Ok(hash) = StoredHash::parse(&String::from_utf8_lossy(input), &settings) {
        match hash {
            StoredHash::Argon2(hash) => {
                let (memory, passes) = (u64::from(hash.params.m_cost()), u64::from(hash.params.t_cost()));
                assert!(memory <= 256 * 1024 && memory * passes <= 1024 * 1024);
            }
            StoredHash::Bcrypt(hash) => assert!(hash.cost <= 14),
            StoredHash::Scrypt(hash) => assert!(hash.memory <= 256 * 1024 * 1024),
            StoredHash::Pbkdf2(hash) => assert!(hash.iterations.get() <= 2_000_000),
        }
    }
}

/// A username, a refresh token, a device token or a private key. A name is the same name however often it is folded; nobody
/// makes a token.
pub fn names(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(name) = text.parse::<Username>() {
        let _ = check_new(&name);
        let again = name.as_str().parse::<Username>().ok();
        assert_eq!(again.as_ref().map(Username::key), Some(name.key()));
    }
    assert_eq!(RefreshTokens::new(b"secret").read(&text), None);
    assert_eq!(DeviceTokens::new(b"secret").read(&text, UnixTime::from_seconds(1_800_000_000)), None);
    let _ = pkcs8_from_pem(&text);
}

#[cfg(test)]
mod tests {
    use shared::testing::run_mutations;

    #[test]
    fn a_json_body_is_read_or_the_clients_fault() {
        run_mutations("json_body", 3_000, super::json_body);
    }

    #[test]
    fn a_form_is_read_or_the_clients_fault() {
        run_mutations("oauth_form", 3_000, super::oauth_form);
    }

    #[test]
    fn only_a_trusted_proxy_decides_on_the_address() {
        run_mutations("forwarded_for", 3_000, super::forwarded_for);
    }

    #[test]
    fn a_refused_setting_does_not_repeat_a_secret() {
        run_mutations("settings", 400, super::settings);
    }

    #[test]
    fn a_hash_that_is_read_is_affordable() {
        run_mutations("phc", 5_000, super::phc);
    }

    #[test]
    fn nobody_makes_a_token_and_names_fold_once() {
        run_mutations("names", 3_000, super::names);
    }
}
