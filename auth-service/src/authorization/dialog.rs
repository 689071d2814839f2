//! What a browser is answered: the page that is next, or the redirect to the application.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::{StatusCode, header::HeaderName},
    web::Data,
};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{ApiError, Described, Operation};
use shared::{AuthError, UnixTime};

use super::{
    authorizations::Authorizations,
    cookies::CookieKind,
    decision::Decision,
    interaction::{Interaction, Interactions, Purpose},
    page_form::PageForm,
    parameters::Parameters,
    redirect::{Redirect, ResponseMode, see_other},
    refusal::Refusal,
    request::AuthorizationRequest,
    visit::Visit,
};
use crate::{
    client_info::ClientInfo,
    config::Registration,
    form_encoding::form_encoded,
    pages::{
        consent::{Consent, listed},
        error_page::ErrorPage,
        fault::Fault,
        form_post::FormPost,
        login::Login,
        page::Page,
        problem::Problem,
        register::Register,
    },
    random_text::NoRandomness,
    sessions::{browser_login::SignedInBrowser, sessions::Sessions},
};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A request of a browser, and what it takes to answer it.
pub struct Dialog {
    /// The request.
    pub visit: Visit,
    /// Who sends it.
    pub client: ClientInfo,
    /// Logs users in.
    pub sessions: Data<Sessions>,
    /// Issues codes.
    pub authorizations: Data<Authorizations>,
    interactions: Data<Interactions>,
    registration: Data<Registration>,
}

/// A page asks about this request.
pub struct Asked {
    /// As the page has it.
    pub interaction: Interaction,
    /// What is asked.
    pub request: AuthorizationRequest,
    /// What recognizes the browser.
    browser: String,
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
                    interactions: req.app_data::<Data<Interactions>>()?.clone(),
                    registration: req.app_data::<Data<Registration>>()?.clone(),
                })
            };
            dialog().ok_or(AuthError::NotConfigured("Authorizations in the application's data").into())
        }
        .boxed_local()
    }
}

impl Dialog {
    /// A request that has just arrived.
    pub async fn begin(&self, parameters: Parameters, now: UnixTime) -> HttpResponse {
        let interaction = Interaction { purpose: Purpose::Authorize, parameters, began_at: now, user: None };
        let asked = match self.judge(interaction).await {
            Ok(asked) => asked,
            Err(answer) => return answer,
        };
        self.go_on(asked, now).await
    }

    /// The request that a form or a link of a page carries.
    ///
    /// # Errors
    /// The response that says that the page has expired, or the request is invalid.
    pub async fn resume(&self, interaction: &str, now: UnixTime) -> Result<Asked, HttpResponse> {
        let interaction = self.read(interaction, Purpose::Authorize, now);
        self.judge(interaction.ok_or_else(|| self.fault(Fault::Expired))?).await
    }

    /// What a page of this browser carries.
    pub fn read(&self, interaction: &str, purpose: Purpose, now: UnixTime) -> Option<Interaction> {
        self.interactions.read(interaction, purpose, &self.visit.cookie(CookieKind::Browser)?, now)
    }

    /// An interaction for the page of this browser, and what recognizes the browser.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn write(&self, interaction: &Interaction) -> Result<(String, String), NoRandomness> {
        let browser = self.visit.browser()?;
        Ok((self.interactions.write(interaction, &browser), browser))
    }

    /// Whether a request comes from the page of another site, so that the browser has kept its cookies back.
    pub fn is_cross_site(&self, req: &HttpRequest) -> bool {
        let is_from_elsewhere = req.headers().get(FETCH_SITE).is_some_and(|site| site == "cross-site");
        is_from_elsewhere && self.visit.cookie(CookieKind::Session).is_none()
    }

    /// The same, of a form that may have been cancelled.
    ///
    /// # Errors
    /// The response to it.
    pub async fn resume_form(&self, form: &PageForm, now: UnixTime) -> Result<Asked, HttpResponse> {
        let asked = self.resume(form.field("interaction"), now).await?;
        if form.field("decision") == "deny" {
            return Err(self.refuse(&asked.request.redirect, Refusal::AccessDenied));
        }
        Ok(asked)
    }

    async fn judge(&self, interaction: Interaction) -> Result<Asked, HttpResponse> {
        let parameters = &interaction.parameters;
        let id = parameters.find("client_id").ok_or_else(|| self.fault(Fault::NoClient))?;
        let client = self.authorizations.find_client(id).await.map_err(|error| self.failed(error.into()))?;
        let client = client.ok_or_else(|| self.fault(Fault::UnknownClient))?;
        let redirect = Redirect::of(parameters, &client).map_err(|fault| self.fault(fault))?;
        let (audience, resources) = (self.authorizations.audience(), self.authorizations.resources());
        let request = AuthorizationRequest::read(parameters, client, redirect.clone(), audience, resources)
            .map_err(|refusal| self.refuse(&redirect, refusal))?;
        let browser = self.visit.browser().map_err(|error| self.failed(ApiError::internal(error)))?;
        Ok(Asked { interaction, request, browser })
    }

    /// Decides a request, and answers it.
    pub async fn go_on(&self, asked: Asked, now: UnixTime) -> HttpResponse {
        let browser = match self.signed_in(now).await {
            Ok(browser) => browser,
            Err(answer) => return answer,
        };
        let began_at = asked.interaction.began_at;
        let decided = self.authorizations.decide(&asked.request, browser.as_ref(), began_at, now).await;
        match decided {
            Ok(Decision::Grant) => self.grant(asked, browser.as_ref(), false, now).await,
            Ok(Decision::Ask) => self.ask(asked, browser.as_ref()),
            Ok(Decision::LogIn) => self.ask_to_log_in(&asked, StatusCode::OK, None, None),
            Ok(Decision::Register) => self.ask_to_register(&asked, StatusCode::OK, "", None),
            Ok(Decision::Refuse(refusal)) => self.refuse(&asked.request.redirect, refusal),
            Err(error) => self.failed(error.into()),
        }
    }

    /// The redirect with a code, once the user of that session has consented; or the page that is next since then.
    pub async fn grant_if_asked(&self, asked: Asked, browser: &SignedInBrowser, now: UnixTime) -> HttpResponse {
        let began_at = asked.interaction.began_at;
        match self.authorizations.decide(&asked.request, Some(browser), began_at, now).await {
            Ok(Decision::Ask | Decision::Grant) => self.grant(asked, Some(browser), true, now).await,
            Ok(_) => self.go_on(asked, now).await,
            Err(error) => self.failed(error.into()),
        }
    }

    /// The session of the browser, if there is one.
    ///
    /// # Errors
    /// The response that says that it cannot be looked up.
    pub async fn signed_in(&self, now: UnixTime) -> Result<Option<SignedInBrowser>, HttpResponse> {
        let Some(cookie) = self.visit.cookie(CookieKind::Session) else { return Ok(None) };
        self.sessions.find_browser(&cookie, now).await.map_err(|error| self.failed(error.into()))
    }

    /// The redirect with a code. With `consents`, the user has just consented.
    pub async fn grant(
        &self,
        asked: Asked,
        browser: Option<&SignedInBrowser>,
        consents: bool,
        now: UnixTime,
    ) -> HttpResponse {
        let Some(browser) = browser else { return self.ask_to_log_in(&asked, StatusCode::OK, None, None) };
        let issued = self.authorizations.issue_code(&asked.request, browser, consents, self.client.clone(), now).await;
        match issued {
            Ok(Some(code)) => {
                let redirect = &asked.request.redirect;
                self.answer(redirect, &redirect.success(&code, self.authorizations.issuer()))
            }
            Ok(None) if asked.request.prompt.none => self.refuse(&asked.request.redirect, Refusal::LoginRequired),
            Ok(None) => self.ask_to_log_in(&asked, StatusCode::OK, None, None),
            Err(error) => self.failed(error.into()),
        }
    }

    /// The redirect with an error.
    pub fn refuse(&self, redirect: &Redirect, refusal: Refusal) -> HttpResponse {
        self.answer(redirect, &redirect.refusal(refusal, &refusal.to_string(), self.authorizations.issuer()))
    }

    fn answer(&self, redirect: &Redirect, members: &[(&'static str, &str)]) -> HttpResponse {
        match redirect.mode {
            ResponseMode::Query if redirect.is_of_website() => self.visit.leave(&redirect.with(members)),
            ResponseMode::Query => see_other(&redirect.with(members)),
            ResponseMode::FormPost => {
                let page = Page::FormPost(FormPost { action: redirect.uri(), fields: members });
                self.visit.show(StatusCode::OK, &page, None)
            }
        }
    }

    /// On to the next page, once a form has been dealt with: it is not sent again when the page is reloaded.
    pub fn see_next(&self, asked: &Asked) -> HttpResponse {
        let interaction = self.interactions.write(&asked.interaction, &asked.browser);
        let query = form_encoded([("interaction", interaction)]);
        see_other(&self.visit.path(&format!("/authorize/continue?{query}")))
    }

    /// The login page.
    pub fn ask_to_log_in(
        &self,
        asked: &Asked,
        status: StatusCode,
        username: Option<&str>,
        problem: Option<Problem>,
    ) -> HttpResponse {
        let interaction = self.interactions.write(&asked.interaction, &asked.browser);
        let page = Page::Login(Login {
            interaction: &interaction,
            client: Some(&asked.request.client.id),
            username: username.or(asked.request.login_hint.as_deref()).unwrap_or_default(),
            problem,
            may_register: self.may_register(),
        });
        self.show_form(asked, status, &page)
    }

    /// The registration page.
    pub fn ask_to_register(
        &self,
        asked: &Asked,
        status: StatusCode,
        username: &str,
        problem: Option<Problem>,
    ) -> HttpResponse {
        if !self.may_register() {
            return self.ask_to_log_in(asked, StatusCode::FORBIDDEN, None, Some(Problem::RegistrationClosed));
        }
        let interaction = self.interactions.write(&asked.interaction, &asked.browser);
        let client = Some(&*asked.request.client.id);
        let page = Page::Register(Register { interaction: &interaction, client, username, problem });
        self.show_form(asked, status, &page)
    }

    fn ask(&self, asked: Asked, browser: Option<&SignedInBrowser>) -> HttpResponse {
        let Some(browser) = browser else { return self.ask_to_log_in(&asked, StatusCode::OK, None, None) };
        // Whoever answers must be the one who was asked.
        let interaction = Interaction { user: Some(browser.session.user_id), ..asked.interaction.clone() };
        let interaction = self.interactions.write(&interaction, &asked.browser);
        let scopes = listed(asked.request.scopes.iter());
        let page = Page::Consent(Consent {
            interaction: &interaction,
            client: &asked.request.client.id,
            redirect_host: &asked.request.redirect.host(),
            scopes: &scopes,
            username: &browser.user.username,
        });
        self.show_form(&asked, StatusCode::OK, &page)
    }

    fn show_form(&self, asked: &Asked, status: StatusCode, page: &Page<'_>) -> HttpResponse {
        let target = asked.request.redirect.form_target();
        let locales = asked.interaction.parameters.find("ui_locales");
        let answer = self.visit.show_in(locales, status, page, target.as_deref());
        self.visit.recognizing(answer, asked.browser.clone())
    }

    fn may_register(&self) -> bool {
        **self.registration == Registration::Open
    }

    /// The page that says what is wrong with a request.
    pub fn fault(&self, fault: Fault) -> HttpResponse {
        self.visit.show(StatusCode::BAD_REQUEST, &Page::Error(ErrorPage { fault }), None)
    }

    /// The page that says that the service cannot answer now.
    pub fn failed(&self, error: ApiError) -> HttpResponse {
        let status = error.status();
        let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        log::warn!("a page cannot be shown: {error}{source}");
        self.visit.show(status, &Page::Error(ErrorPage { fault: Fault::Unavailable }), None)
    }
}
