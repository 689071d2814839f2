//! Integration of a resource server into an actix-web `App`.

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};

use super::current_user::user_lookup;
use crate::{
    resource_server::{ResourceServer, ResourceServerBuilder},
    users::{ClaimsLookup, UserLookup},
};

impl ResourceServerBuilder {
    /// Sets the user lookup for `CurrentUser<U>`. By default, `CurrentUser` is built from the token's claims
    /// ([`ClaimsLookup`]).
    pub fn user_lookup<U: 'static>(self, lookup: impl UserLookup<User = U> + 'static) -> Self {
        let lookup = user_lookup(lookup);
        self.with_app_data(Arc::new(move |app| {
            app.app_data(lookup.clone());
        }))
    }
}

impl ResourceServer {
    /// Configures an `App` with what this crate's extractors need: `App::new().configure(auth.app())`.
    pub fn app(&self) -> impl FnOnce(&mut ServiceConfig) + use<> {
        let server = self.clone();
        move |app| {
            app.app_data(Data::from(Arc::clone(server.verifier()))).app_data(user_lookup(ClaimsLookup));
            server.app_data().iter().for_each(|add| add(app));
            // Keeps the background tasks running as long as the application.
            app.app_data(server);
        }
    }
}
