//! A request of a browser to one of the pages, and what it takes to answer it.

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, web::Data};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{ApiError, Described, Operation};
use shared::{AuthError, UnixTime};

use super::{
    authorizations::{Authorizations, Found},
    cookies::CookieKind,
    interaction::{Interaction, Interactions, Purpose, SentFrom},
    visit::Visit,
};
use crate::{
    client_info::ClientInfo,
    config::Registration,
    pages::{error_page::ErrorPage, fault::Fault, page::Page},
    sessions::sessions::Sessions,
};

/// A request of a browser to one of the pages, and what it takes to answer it.
///
/// [`Asked`](super::asked::Asked) is the authorization request that it is about; `steps.rs` says what is next for that,
/// `question_pages.rs` asks the user, and `client_response.rs` leads back to the application.
pub struct Dialog {
    /// The request.
    pub visit: Visit,
    /// Who sends it.
    pub client: ClientInfo,
    /// Logs users in.
    pub sessions: Data<Sessions>,
    /// Issues codes.
    pub authorizations: Data<Authorizations>,
    /// Whether users may register.
    pub registration: Registration,
    interactions: Data<Interactions>,
}

impl Described for Dialog {
    fn describe(_: &mut Operation) {}
}

impl FromRequest for Dialog {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        async move {
            let (visit, client) = (Visit::extract(&req).await?, ClientInfo::extract(&req).await?);
            let dialog = || {
                Some(Self {
                    visit,
                    client,
                    sessions: req.app_data::<Data<Sessions>>()?.clone(),
                    authorizations: req.app_data::<Data<Authorizations>>()?.clone(),
                    registration: ***req.app_data::<Data<Registration>>()?,
                    interactions: req.app_data::<Data<Interactions>>()?.clone(),
                })
            };
            dialog().ok_or(AuthError::NotConfigured("Authorizations in the application's data").into())
        }
        .boxed_local()
    }
}

impl Dialog {
    /// What a page of this browser carries.
    pub fn read(&self, interaction: &str, purpose: Purpose, now: UnixTime) -> Option<Interaction> {
        let browser = self.visit.cookie(CookieKind::Browser)?;
        let from = SentFrom { browser: &browser, is_own_page: self.visit.is_from_own_page() };
        self.interactions.read(interaction, purpose, from, now)
    }

    /// The request in what a page of whichever browser carries, as if it had just arrived: it is no more than a link to it would be.
    pub fn read_request(&self, interaction: &str, purpose: Purpose, now: UnixTime) -> Option<Interaction> {
        // Without cookies, no page would ever be answered.
        let from = SentFrom { browser: &self.visit.cookie(CookieKind::Browser)?, is_own_page: true };
        Some(self.interactions.read(interaction, purpose, from, now)?.again(now))
    }

    /// An interaction for a page of the browser that is recognized by that.
    pub fn write(&self, interaction: &Interaction, browser: &str) -> String {
        self.interactions.write(interaction, browser)
    }

    /// What the database knows about the browser, and that client.
    ///
    /// # Errors
    /// The response that says that it cannot be looked up.
    pub async fn look_up(&self, client: Option<&str>, now: UnixTime) -> Result<Found, HttpResponse> {
        let cookie = self.visit.cookie(CookieKind::Session);
        let found = self.authorizations.look_up(client, cookie.as_deref(), now).await;
        found.map_err(|error| self.failed(error.into()))
    }

    /// The page that says what is wrong with a request.
    pub fn fault(&self, fault: Fault) -> HttpResponse {
        self.visit.show(fault.status(), &Page::Error(ErrorPage { fault }), None)
    }

    /// The page that says that the service cannot answer now.
    pub fn failed(&self, error: ApiError) -> HttpResponse {
        let status = error.status();
        let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        log::warn!("a page cannot be shown: {error}{source}");
        self.visit.show(status, &Page::Error(ErrorPage { fault: Fault::Unavailable }), None)
    }
}
