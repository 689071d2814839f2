//! The demo application's server.

use std::{io, net::TcpListener, time::Duration};

use actix_web::{
    App,
    dev::Server,
    middleware::DefaultHeaders,
    web::{self, Data},
};
use auth_service::{ClientKind, ClientRegistration};
use service_kit::{
    ConnectionConfig, Connections, ServerSettings, StartError, TrustedProxies, at, no_such_route, serve,
};
use shared::{Secret, client::Issuer, oidc::OidcLogin};

use super::{
    replica::Replica,
    routes::{show_account, show_front_page, show_style},
};

/// The name of its client at the issuer.
pub const DEMO_CLIENT: &str = "demo";

/// A demo application that is about to be served.
pub struct Demo {
    /// The URL for browsers.
    pub url: String,
    /// The issuer, whose pages its forms lead to.
    pub issuer: String,
    /// The replica that it calls.
    pub replica: String,
    /// Its client's secret.
    pub secret: Option<Secret>,
}

/// What is registered of the demo application at this URL. It is no client of the operator's own, so users are asked for consent.
pub fn registration(url: &str) -> ClientRegistration {
    ClientRegistration {
        post_logout_uris: vec![format!("{url}/")],
        backchannel_logout_uri: Some(format!("{url}/backchannel-logout")),
        ..ClientRegistration::new(ClientKind::Web, vec![format!("{url}/callback")])
    }
}

impl Demo {
    /// Serves it.
    ///
    /// # Errors
    /// [`StartError`] that says what is wrong.
    pub fn serve(self, listener: TcpListener) -> Result<Server, StartError> {
        let failed =
            |problem: String| StartError::new("the demo application", problem, "Use --no-demo to do without it.");
        let login = OidcLogin::builder(Issuer::discover(&self.issuer), DEMO_CLIENT)
            .public_url(&self.url)
            .scope("openid profile email offline_access")
            .after_login("/account");
        let login = self.secret.iter().fold(login, |login, secret| login.client_secret(secret.expose()));
        let login = login.spawn().map_err(|error| failed(error.to_string()))?;
        let replica = Data::new(Replica::at(&self.replica).map_err(|error| failed(error.to_string()))?);
        listen(listener, login, replica, &self.issuer).map_err(|error| failed(error.to_string()))
    }
}

fn listen(listener: TcpListener, login: OidcLogin, replica: Data<Replica>, issuer: &str) -> io::Result<Server> {
    let connections = Connections::new(ConnectionConfig::default(), TrustedProxies::default());
    let keep_alive = Duration::from_secs(ServerSettings::KEEP_ALIVE_SECS);
    let settings = ServerSettings { workers: Some(1), blocking_threads: 1, keep_alive, connections, tls: None };
    // The form that logs out leads to the issuer, which browsers allow only if the policy does.
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self' {issuer}; base-uri 'none'; frame-ancestors 'none'"
    );
    serve(listener, settings, move || {
        let headers = DefaultHeaders::new()
            .add(("Content-Security-Policy", &*policy))
            .add(("X-Frame-Options", "DENY"))
            .add(("X-Content-Type-Options", "nosniff"))
            .add(("Referrer-Policy", "no-referrer"))
            .add(("Cache-Control", "no-store"));
        App::new()
            .app_data(replica.clone())
            .wrap(headers)
            .configure(login.app())
            .service(at("/").get(show_front_page))
            .service(at("/account").get(show_account))
            .service(at("/style.css").get(show_style))
            .default_service(web::to(no_such_route))
    })
}
