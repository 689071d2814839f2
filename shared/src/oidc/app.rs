//! Integration of a login into an actix-web `App`.

use actix_web::web::{self, Data, FormConfig, ServiceConfig};

use super::{
    backchannel_logout::backchannel_logout, callback::callback, log_in::log_in, log_out::log_out, oidc_login::OidcLogin,
};

/// A logout token and the name of its field.
const MAX_FORM_LEN: usize = 20 * 1024;

impl OidcLogin {
    /// Adds the routes `/login`, `/callback`, `/logout` and `/backchannel-logout` to an `App`, and what the extractors need:
    /// `App::new().configure(login.app())`.
    pub fn app(&self) -> impl FnOnce(&mut ServiceConfig) + use<> {
        let login = self.clone();
        move |app| {
            let at = |path: &str| web::resource(login.0.url.path_of(path));
            let form = FormConfig::default().limit(MAX_FORM_LEN);
            app.service(at("/login").route(web::get().to(log_in)))
                .service(at("/callback").route(web::get().to(callback)))
                .service(at("/logout").route(web::post().to(log_out)))
                .service(at("/backchannel-logout").app_data(form).route(web::post().to(backchannel_logout)))
                .app_data(Data::new(login));
        }
    }
}
