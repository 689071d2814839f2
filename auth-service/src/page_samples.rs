//! All pages with made-up content, for `examples/pages.rs` and the benchmark. Not a public interface: it changes without notice.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get},
};
use service_kit::StartError;

use crate::{
    config::Config,
    pages::{
        consent::Consent,
        error_page::ErrorPage,
        fault::Fault,
        form_post::FormPost,
        log_out::LogOut,
        logged_out::LoggedOut,
        login::Login,
        page::Page,
        pages::Pages,
        problem::Problem,
        register::Register,
        show::{show_logo, show_style},
    },
};

const INTERACTION: &str = "made-up";
const LONG: &str = "a-very-long-name-<b>of-an-application</b>-that-nobody-would-choose-but-somebody-will-choose-anyway";

/// The pages and their names.
pub struct Samples(Data<Pages>);

impl Samples {
    /// In the look of these settings.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid setting.
    pub fn open(config: &Config) -> Result<Self, StartError> {
        Pages::open(config).map(|pages| Self(Data::new(pages)))
    }

    /// The names of the pages.
    pub fn names() -> Vec<&'static str> {
        samples().into_iter().map(|(name, _)| name).collect()
    }

    /// Serves each at `/samples/NAME`.
    pub fn register(&self, app: &mut ServiceConfig) {
        app.app_data(self.0.clone())
            .route("/pages/style.css", get().to(show_style))
            .route("/pages/logo", get().to(show_logo))
            .route("/samples/{name}", get().to(show_sample));
    }

    /// Renders one of them, in response to a request of that browser.
    pub fn render(&self, name: &str, req: &HttpRequest) -> HttpResponse {
        let target = Some("https://app.example.com");
        match samples().into_iter().find(|(known, _)| *known == name) {
            Some((_, page)) => self.0.answer_in(None, req, StatusCode::OK, &page, target),
            None => HttpResponse::NotFound().finish(),
        }
    }
}

async fn show_sample(name: Path<String>, req: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    Samples(pages).render(&name, &req)
}

fn samples() -> Vec<(&'static str, Page<'static>)> {
    let login = |client, username, problem| {
        let interaction = INTERACTION;
        Page::Login(Login { interaction, client: Some(client), username, problem, may_register: true })
    };
    let register = |username, problem| {
        Page::Register(Register { interaction: INTERACTION, client: Some("timesheets"), username, problem })
    };
    let error = |fault| Page::Error(ErrorPage { fault });
    let common = "This password is one of the most common; choose another".to_owned();
    let mixed = "A username must not mix letters of different alphabets".to_owned();
    let too_many = Problem::TooManyAttempts { retry_after: Duration::from_secs(740) };
    vec![
        ("home", Page::Home),
        ("login", login("timesheets", "", None)),
        ("login-hint", login("timesheets", "alice", None)),
        ("login-wrong", login("timesheets", "alice", Some(Problem::WrongCredentials))),
        ("login-disabled", login("timesheets", "alice", Some(Problem::Disabled))),
        ("login-too-many", login("timesheets", "alice", Some(too_many))),
        ("login-busy", login("timesheets", "", Some(Problem::Busy))),
        ("login-expired", login("timesheets", "", Some(Problem::Expired))),
        ("login-closed", login("timesheets", "", Some(Problem::RegistrationClosed))),
        ("login-long", login(LONG, LONG, Some(Problem::WrongCredentials))),
        ("register", register("", None)),
        ("register-taken", register("alice", Some(Problem::UsernameTaken))),
        ("register-name", register("аlice", Some(Problem::InvalidUsername(mixed)))),
        ("register-weak", register("alice", Some(Problem::WeakPassword(common)))),
        ("consent", consent("timesheets", "timesheets.example.com", &["openid", "profile", "email"], "alice")),
        ("consent-many", consent(LONG, LONG, &["openid", "offline_access", "reports:read", LONG], LONG)),
        ("consent-none", consent("mail-reader", "com.example.mail", &[], "alice")),
        ("no-client", error(Fault::NoClient)),
        ("unknown-client", error(Fault::UnknownClient)),
        ("no-redirect-uri", error(Fault::NoRedirectUri)),
        ("unknown-redirect-uri", error(Fault::UnknownRedirectUri)),
        ("unreadable", error(Fault::Unreadable)),
        ("not-a-form", error(Fault::NotAForm)),
        ("malformed-form", error(Fault::MalformedForm)),
        ("form-too-long", error(Fault::FormTooLong)),
        ("form-too-slow", error(Fault::FormTooSlow)),
        ("expired", error(Fault::Expired)),
        ("unavailable", error(Fault::Unavailable)),
        ("unknown-logout-uri", error(Fault::UnknownLogoutUri)),
        ("invalid-hint", error(Fault::InvalidHint)),
        ("logout", Page::LogOut(LogOut { interaction: INTERACTION, client: Some("timesheets"), username: "alice" })),
        ("logout-unknown", Page::LogOut(LogOut { interaction: INTERACTION, client: None, username: "alice" })),
        ("logged-out", Page::LoggedOut(LoggedOut { back_to: None, client: None })),
        (
            "logged-out-back",
            Page::LoggedOut(LoggedOut { back_to: Some("https://app.example.com/"), client: Some("timesheets") }),
        ),
        ("form-post", Page::FormPost(FormPost { action: "/samples/home", fields: &[("state", "\"><script>")] })),
    ]
}

fn consent(
    client: &'static str,
    redirect_host: &'static str,
    scopes: &'static [&'static str],
    username: &'static str,
) -> Page<'static> {
    Page::Consent(Consent { interaction: INTERACTION, client, redirect_host, scopes, username })
}
