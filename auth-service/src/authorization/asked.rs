//! The authorization request that a browser's request is about: one that has just arrived, or one that a page carries.

use actix_web::HttpResponse;
use service_kit::ApiError;
use shared::UnixTime;

use super::{
    authorizations::Found,
    dialog::Dialog,
    interaction::{Interaction, Purpose},
    page_form::PageForm,
    parameters::Parameters,
    redirect::Redirect,
    refusal::Refusal,
    request::AuthorizationRequest,
};
use crate::{clients::scopes::Scopes, pages::fault::Fault, sessions::browser_login::SignedInBrowser};

/// A valid authorization request, and who is to answer it.
pub struct Asked {
    /// As pages carry it.
    pub interaction: Interaction,
    /// What is asked.
    pub request: AuthorizationRequest,
    /// Who is logged in in the browser.
    pub signed_in: Option<SignedInBrowser>,
    /// What that user has granted to the client before.
    pub granted: Option<Scopes>,
    /// What recognizes the browser.
    pub browser: String,
}

impl Asked {
    /// The user of the browser, who has logged in for this request.
    pub fn has_logged_in(&self) -> bool {
        self.signed_in.as_ref().is_some_and(|browser| self.interaction.login == Some(browser.session.id))
    }

    /// The user of the browser, if a page has asked that user whether to consent.
    pub fn user_asked(&self) -> Option<&SignedInBrowser> {
        self.signed_in.as_ref().filter(|browser| self.interaction.asked == Some(browser.session.id))
    }
}

impl Dialog {
    /// A request that has just arrived.
    ///
    /// # Errors
    /// The response that says what is wrong with it.
    pub async fn arrived(&self, parameters: Parameters, now: UnixTime) -> Result<Asked, HttpResponse> {
        self.judge(Interaction::new(Purpose::Authorize, parameters, now), now).await
    }

    /// The request that a form or a link of a page carries.
    ///
    /// # Errors
    /// The response that says that the page has expired, or the request is invalid.
    pub async fn resume(&self, interaction: &str, now: UnixTime) -> Result<Asked, HttpResponse> {
        let interaction = self.read(interaction, Purpose::Authorize, now);
        self.judge(interaction.ok_or_else(|| self.fault(Fault::Expired))?, now).await
    }

    /// The request that the form of a page carries. The user may have cancelled it.
    ///
    /// # Errors
    /// The response to that, and those of [`Dialog::resume`].
    pub async fn resume_form(&self, form: &PageForm, now: UnixTime) -> Result<Asked, HttpResponse> {
        let asked = self.resume(form.field("interaction"), now).await?;
        if form.field("decision") == "deny" {
            return Err(self.refuse(&asked.request.redirect, Refusal::AccessDenied));
        }
        Ok(asked)
    }

    /// The request that the form of a page carries, if that page is not one of this browser: it may be the first that the browser has
    /// got, before it was recognized by another. The user is asked once more. `None` if the page is this browser's.
    pub async fn ask_once_more(&self, form: &PageForm, now: UnixTime) -> Option<Result<Asked, HttpResponse>> {
        let text = form.field("interaction");
        if self.read(text, Purpose::Authorize, now).is_some() {
            return None;
        }
        Some(match self.read_request(text, Purpose::Authorize, now) {
            Some(interaction) => self.judge(interaction, now).await,
            None => Err(self.fault(Fault::Expired)),
        })
    }

    async fn judge(&self, interaction: Interaction, now: UnixTime) -> Result<Asked, HttpResponse> {
        let parameters = &interaction.parameters;
        let id = parameters.find("client_id").ok_or_else(|| self.fault(Fault::NoClient))?;
        let Found { client, browser: signed_in, granted } = self.look_up(Some(id), now).await?;
        let client = client.ok_or_else(|| self.fault(Fault::UnknownClient))?;
        let redirect = Redirect::of(parameters, &client).map_err(|fault| self.fault(fault))?;
        let (audience, resources) = (self.authorizations.audience(), self.authorizations.resources());
        let request = AuthorizationRequest::read(parameters, client, redirect.clone(), audience, resources)
            .map_err(|refusal| self.refuse(&redirect, refusal))?;
        let browser = self.visit.browser().map_err(|error| self.failed(ApiError::internal(error)))?;
        Ok(Asked { interaction, request, signed_in, granted, browser })
    }
}
