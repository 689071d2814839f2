//! A resource server as data of an actix-web `App`.

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};

use super::current_user::user_lookup;
use crate::{
    resource_server::{ResourceServer, ResourceServerBuilder},
    users::{ClaimsLookup, UserLookup},
};

impl ResourceServerBuilder {
    /// Finds the user of a token with this lookup, for handlers that name `CurrentUser<U>`. Users are made of the token's
    /// claims by default ([`ClaimsLookup`]).
    pub fn user_lookup<U: 'static>(self, lookup: impl UserLookup<User = U> + 'static) -> Self {
        let lookup = user_lookup(lookup);
        self.with_app_data(Arc::new(move |app| {
            app.app_data(lookup.clone());
        }))
    }
}

impl ResourceServer {
    /// What the extractors of this crate need, for `App::configure`: `App::new().configure(auth.app())`.
    pub fn app(&self) -> impl FnOnce(&mut ServiceConfig) + use<> {
        let server = self.clone();
        move |app| {
            app.app_data(Data::from(Arc::clone(server.verifier()))).app_data(user_lookup(ClaimsLookup));
            server.app_data().iter().for_each(|add| add(app));
            // The background tasks live as long as the application.
            app.app_data(server);
        }
    }
}
