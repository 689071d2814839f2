//! A request of a browser to one of the pages.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, dev::Payload, http::StatusCode, http::header::HeaderName, web::Data,
};
use service_kit::{ApiError, Described, Operation};
use shared::AuthError;

use super::{cookies::CookieKind, redirect::see_other, site::Site};
use crate::{
    form_encoding::form_pairs,
    pages::{onward::Onward, page::Page, pages::Pages},
    random_text::{NoRandomness, random_text},
};

/// Which page has led here (W3C Fetch Metadata). No page can set it, and redirects on the way count.
static FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// That it leads here in its own window.
static IN_ITS_WINDOW: [(HeaderName, &str); 2] =
    [(HeaderName::from_static("sec-fetch-mode"), "navigate"), (HeaderName::from_static("sec-fetch-dest"), "document")];

/// A request of a browser to one of the pages.
pub struct Visit {
    req: HttpRequest,
    site: Site,
    pages: Data<Pages>,
}

impl Described for Visit {
    fn describe(_: &mut Operation) {}
}

impl FromRequest for Visit {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let site = req.app_data::<Site>().cloned();
        let pages = req.app_data::<Data<Pages>>().cloned();
        let visit = site.zip(pages).map(|(site, pages)| Self { req: req.clone(), site, pages });
        ready(visit.ok_or(AuthError::NotConfigured("Site and Pages in the application's data").into()))
    }
}

impl Visit {
    /// The value of a cookie.
    pub fn cookie(&self, kind: CookieKind) -> Option<String> {
        self.site.cookies.find(&self.req, kind)
    }

    /// What recognizes the browser: its cookie, or a new value for one.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn browser(&self) -> Result<String, NoRandomness> {
        if let Some(known) = self.cookie(CookieKind::Browser) {
            return Ok(known);
        }
        Ok(random_text::<16>()?.as_str().to_owned())
    }

    /// The path of another page.
    pub fn path(&self, page: &str) -> String {
        self.site.path(page)
    }

    /// The query string.
    pub fn query(&self) -> &str {
        self.req.query_string()
    }

    /// The interaction that a link carries; empty if there is none.
    pub fn interaction(&self) -> String {
        let pairs = form_pairs(self.query()).unwrap_or_default();
        pairs.into_iter().find(|(name, _)| name == "interaction").map(|(_, value)| value).unwrap_or_default()
    }

    /// Whether a page of this service has led here, as far as the browser says.
    pub fn is_from_own_page(&self) -> bool {
        self.has(&FETCH_SITE, "same-origin")
    }

    /// Whether the page of another site has led here, so that the browser may have kept its cookies back.
    pub fn is_cross_site(&self) -> bool {
        self.has(&FETCH_SITE, "cross-site") && self.cookie(CookieKind::Session).is_none()
    }

    fn has(&self, name: &HeaderName, value: &str) -> bool {
        self.req.headers().get(name).is_some_and(|sent| sent == value)
    }

    /// A page. Its form may lead to `form_target`.
    pub fn show(&self, status: StatusCode, page: &Page<'_>, form_target: Option<&str>) -> HttpResponse {
        self.pages.answer(&self.req, status, page, form_target)
    }

    /// A page in one of the languages that the application asks for.
    pub fn show_in(
        &self,
        ui_locales: Option<&str>,
        status: StatusCode,
        page: &Page<'_>,
        form_target: Option<&str>,
    ) -> HttpResponse {
        self.pages.answer_in(ui_locales, &self.req, status, page, form_target)
    }

    /// On to an application's website. Browsers apply `form-action` of a page here to every redirect that follows its form, also to
    /// those of the application, whose targets nobody knows here. A page in between ends that; who does not come from one of our
    /// pages, or does not say so, is redirected.
    pub fn leave(&self, url: &str) -> HttpResponse {
        if self.is_from_own_page() && IN_ITS_WINDOW.iter().all(|(name, value)| self.has(name, value)) {
            self.show(StatusCode::OK, &Page::Onward(Onward { url }), None)
        } else {
            see_other(url)
        }
    }

    /// The response with what recognizes the browser.
    pub fn recognizing(&self, answer: HttpResponse, browser: String) -> HttpResponse {
        self.with_cookie(answer, CookieKind::Browser, browser)
    }

    /// The response with a cookie, unless the browser has that value already.
    pub fn with_cookie(&self, mut answer: HttpResponse, kind: CookieKind, value: String) -> HttpResponse {
        if self.cookie(kind).as_ref() != Some(&value)
            && let Err(error) = answer.add_cookie(&self.site.cookies.set(kind, value))
        {
            log::error!("cannot set a cookie: {error}");
        }
        answer
    }

    /// The response that removes a cookie.
    pub fn without_cookie(&self, mut answer: HttpResponse, kind: CookieKind) -> HttpResponse {
        if let Err(error) = answer.add_cookie(&self.site.cookies.removed(kind)) {
            log::error!("cannot remove a cookie: {error}");
        }
        answer
    }
}
