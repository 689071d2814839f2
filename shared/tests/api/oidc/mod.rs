//! Logins at an OpenID provider: the application runs without a network, the issuer is a fake one.

mod backchannel_logout;
mod id_tokens;
mod log_in;
mod log_out;
mod sessions;

use std::{cell::RefCell, collections::HashMap, time::Duration};

use actix_web::{HttpResponse, cookie::Cookie, http::header::SET_COOKIE, test::TestRequest, web};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::{
    UnixTime,
    client::Issuer,
    oidc::{MaybeSignedIn, OidcLogin, OidcLoginBuilder, SignedInUser},
    testing::{KID, jwks, mint_raw},
};
use url::Url;

use crate::{
    fake_issuer::{FakeIssuer, FakeResponse, JWKS},
    support::{Response, TestApp, get, post},
};

const CONFIGURATION: &str = "/.well-known/openid-configuration";
const TOKEN: &str = "/oauth/token";
const USERINFO: &str = "/userinfo";
const CLIENT: &str = "shop";
const APP: &str = "https://shop.example.com";
const ACCESS_TOKEN: &str = "an-access-token";

/// An application, its issuer, and one browser.
struct Login {
    issuer: FakeIssuer,
    oidc: OidcLogin,
    app: TestApp,
    cookies: RefCell<HashMap<String, String>>,
}

/// A login that waits for the response of the issuer.
struct Begun {
    issuer: String,
    /// The parameters of the authorization request.
    sent: HashMap<String, String>,
}

impl Begun {
    /// The path of a good response.
    fn callback(&self) -> String {
        self.callback_with(&[])
    }

    /// The path of the response with other values of some parameters; an empty one is left out.
    fn callback_with(&self, others: &[(&str, &str)]) -> String {
        let good = [("code", "a-code"), ("state", &*self.sent["state"]), ("iss", &*self.issuer)];
        let mut parameters: Vec<(&str, &str)> = good.to_vec();
        for (name, value) in others {
            parameters.retain(|(known, _)| known != name);
            parameters.extend((!value.is_empty()).then_some((*name, *value)));
        }
        let url = Url::parse_with_params("https://shop.example.com/callback", parameters).unwrap();
        format!("/callback?{}", url.query().unwrap())
    }

    fn nonce(&self) -> &str {
        &self.sent["nonce"]
    }
}

impl Login {
    async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    /// A confidential client with other settings.
    async fn with(set: impl FnOnce(OidcLoginBuilder) -> OidcLoginBuilder) -> Self {
        let issuer = openid_issuer();
        let builder = OidcLogin::builder(Issuer::discover(&*issuer.url), CLIENT).client_secret("a secret");
        let login = set(builder.public_url(APP)).start().await.unwrap();
        let app = TestApp::new(|app| {
            login.app()(app);
            app.route("/private", web::get().to(private)).route("/", web::get().to(home));
        })
        .await;
        Self { issuer, oidc: login, app, cookies: RefCell::default() }
    }

    /// Sends a request of a browser, with its cookies.
    async fn send(&self, request: TestRequest) -> Response {
        let cookies = self.cookies.borrow().clone();
        let request =
            cookies.into_iter().fold(request, |request, (name, value)| request.cookie(Cookie::new(name, value)));
        let response = self.app.send(request.insert_header(("Accept", "text/html"))).await;
        for cookie in set_cookies(&response) {
            if cookie.value().is_empty() {
                self.cookies.borrow_mut().remove(cookie.name());
            } else {
                self.cookies.borrow_mut().insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        response
    }

    async fn get(&self, path: &str) -> Response {
        self.send(get(path)).await
    }

    async fn begin(&self) -> Begun {
        self.begin_at("/login").await
    }

    async fn begin_at(&self, path: &str) -> Begun {
        let response = self.get(path).await;
        assert_eq!(response.status, 303, "{response:?}");
        let url = Url::parse(response.header("Location").unwrap()).unwrap();
        Begun { issuer: self.issuer.url.clone(), sent: url.query_pairs().into_owned().collect() }
    }

    /// Logs in with what the issuer returns as the ID token's claims, and as tokens.
    async fn finish(&self, begun: &Begun, claims: &Value) -> Response {
        self.issuer.respond_with(TOKEN, FakeResponse::json(&tokens(&id_token(claims))));
        self.get(&begun.callback()).await
    }

    /// Logs a user in, with an access token that lives this long.
    async fn log_in(&self, expires_in: u64) {
        let begun = self.begin().await;
        let mut tokens = tokens(&id_token(&self.claims(&begun)));
        tokens["expires_in"] = expires_in.into();
        self.issuer.respond_with(TOKEN, FakeResponse::json(&tokens));
        let response = self.get(&begun.callback()).await;
        assert_eq!(response.status, 303, "{response:?}");
    }

    /// The claims of a good ID token.
    fn claims(&self, begun: &Begun) -> Value {
        let now = UnixTime::now();
        json!({
            "iss": self.issuer.url, "sub": "7", "aud": CLIENT, "sid": "a-session", "nonce": begun.nonce(),
            "iat": now.seconds(), "exp": now.plus(Duration::from_mins(5)).seconds(), "auth_time": now.seconds(),
            "at_hash": at_hash(ACCESS_TOKEN),
        })
    }

    /// A good logout token's claims.
    fn logout_claims(&self) -> Value {
        let now = UnixTime::now();
        json!({
            "iss": self.issuer.url, "sub": "7", "aud": CLIENT, "sid": "a-session", "jti": "a-logout",
            "iat": now.seconds(), "exp": now.plus(Duration::from_mins(2)).seconds(),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        })
    }

    async fn is_signed_in(&self) -> bool {
        self.get("/").await.text.starts_with("signed in")
    }

    fn token_requests(&self) -> Vec<HashMap<String, String>> {
        let forms = self.issuer.requests_to(TOKEN).into_iter();
        forms.map(|request| url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect()).collect()
    }
}

async fn private(user: SignedInUser) -> HttpResponse {
    let token = user.access_token().map_or("no token", |token| token.expose());
    HttpResponse::Ok().body(format!("{} {} {token}", user.subject(), user.username()))
}

async fn home(user: MaybeSignedIn) -> String {
    user.into_inner().map_or_else(|| "nobody".to_owned(), |user| format!("signed in {}", user.username()))
}

fn openid_issuer() -> FakeIssuer {
    let issuer = FakeIssuer::start();
    let at = |path| issuer.at(path);
    issuer.respond_with(
        CONFIGURATION,
        FakeResponse::json(&json!({
            "issuer": issuer.url, "authorization_endpoint": at("/authorize"), "token_endpoint": at(TOKEN),
            "userinfo_endpoint": at(USERINFO), "end_session_endpoint": at("/oauth/logout"), "jwks_uri": at(JWKS),
            "authorization_response_iss_parameter_supported": true,
        })),
    );
    issuer.respond_with(JWKS, FakeResponse::json(&jwks()));
    issuer.respond_with(USERINFO, FakeResponse::json(&json!({ "sub": "7", "preferred_username": "alice" })));
    issuer
}

fn id_token(claims: &Value) -> String {
    signed("JWT", claims)
}

fn signed(typ: &str, claims: &Value) -> String {
    mint_raw(json!({ "alg": "RS256", "typ": typ, "kid": KID }).to_string(), claims.to_string())
}

fn tokens(id_token: &str) -> Value {
    json!({
        "access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 900, "refresh_token": "refresh-1",
        "id_token": id_token,
    })
}

fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, access_token.as_bytes()).as_ref()[..16])
}

fn set_cookies(response: &Response) -> Vec<Cookie<'static>> {
    let values = response.headers.get_all(SET_COOKIE);
    values.map(|value| Cookie::parse(value.to_str().unwrap().to_owned()).unwrap()).collect()
}

/// A form of the application's own pages.
fn own_form(path: &str) -> TestRequest {
    post(path).insert_header(("Sec-Fetch-Site", "same-origin"))
}
