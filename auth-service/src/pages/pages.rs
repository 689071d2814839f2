//! The pages of this service.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{
            ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderValue, RETRY_AFTER, VARY,
        },
    },
};
use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use service_kit::StartError;

use super::{document::Document, language::messages_for, look::Look, page::Page, problem::Problem};
use crate::config::Config;

/// Sends the only form of the page that contains it.
const SCRIPT: &str = "document.forms[0].submit()";

/// The pages of this service.
pub struct Pages {
    /// How they look.
    pub look: Look,
    /// The hash of the script, as a source of the content security policy.
    script_source: String,
}

impl Pages {
    /// As the settings want them to look.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid setting.
    pub fn open(config: &Config) -> Result<Self, StartError> {
        let script_source = format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, SCRIPT.as_bytes())));
        Ok(Self { look: Look::open(config)?, script_source })
    }

    /// A page, in the language that the browser prefers. The answer to its form may lead to `form_target`: an origin, or a scheme
    /// with its colon.
    pub fn answer(
        &self,
        req: &HttpRequest,
        status: StatusCode,
        page: &Page<'_>,
        form_target: Option<&str>,
    ) -> HttpResponse {
        self.answer_in(None, req, status, page, form_target)
    }

    /// The same, in the first of these languages that exists (`ui_locales`).
    pub fn answer_in(
        &self,
        ui_locales: Option<&str>,
        req: &HttpRequest,
        status: StatusCode,
        page: &Page<'_>,
        form_target: Option<&str>,
    ) -> HttpResponse {
        let accept_language = req.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let messages = messages_for(ui_locales, accept_language);
        let document = Document { page, messages, look: &self.look, script: SCRIPT };
        let html = match document.render() {
            Ok(html) => html,
            Err(error) => {
                log::error!("a page cannot be rendered: {error}");
                return HttpResponse::InternalServerError().finish();
            }
        };
        let mut answer = HttpResponse::build(status);
        answer.content_type("text/html; charset=utf-8");
        answer.insert_header((CONTENT_SECURITY_POLICY, self.policy(page, form_target)));
        answer.insert_header((CACHE_CONTROL, "no-store"));
        answer.insert_header((CONTENT_LANGUAGE, messages.tag));
        answer.insert_header((VARY, "Accept-Language"));
        if let Some(wait) = page.problem().and_then(Problem::retry_after) {
            let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            answer.insert_header((RETRY_AFTER, secs.max(1)));
        }
        answer.body(html)
    }

    /// Browsers apply `form-action` to redirects that follow a form as well, hence the target. A form of the application's own, with
    /// the answer to its request, leads to wherever the application redirects to in its turn, which nobody knows here.
    fn policy(&self, page: &Page<'_>, form_target: Option<&str>) -> HeaderValue {
        let (script, forms) = if matches!(page, Page::FormPost(_)) {
            (format!("script-src {}; ", self.script_source), String::new())
        } else {
            let target = form_target.and_then(form_source).map(|source| format!(" {source}")).unwrap_or_default();
            (String::new(), format!("form-action 'self'{target}; "))
        };
        let policy = format!(
            "default-src 'none'; {script}style-src 'self'; img-src 'self'; {forms}base-uri 'none'; frame-ancestors 'none'"
        );
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
    }
}

/// A target as a source of a content security policy, which has no notation for IPv6 addresses: their scheme has to do.
fn form_source(target: &str) -> Option<&str> {
    let target = match target.split_once('[') {
        Some((before, _)) => before.trim_end_matches('/'),
        None => target,
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/+".contains(&byte);
    Some(target).filter(|target| target.contains(':') && target.bytes().all(is_plain))
}

#[cfg(test)]
mod tests {
    use actix_web::{body::to_bytes, test::TestRequest};

    use super::*;
    use crate::pages::{
        consent::Consent, error_page::ErrorPage, fault::Fault, form_post::FormPost, log_out::LogOut,
        logged_out::LoggedOut, login::Login, onward::Onward, problem::Problem, register::Register,
    };

    const MARKUP: &str = "\"'><script>alert(1)</script>&amp;";

    fn pages() -> Pages {
        let issuer = "https://login.example.com/accounts".to_owned();
        Pages::open(&Config { issuer, ..Config::default() }).unwrap()
    }

    fn login(problem: Option<Problem>) -> Page<'static> {
        let (interaction, client) = ("x", Some("app"));
        Page::Login(Login { interaction, client, username: "", problem, may_register: true })
    }

    fn answer(page: &Page<'_>, form_target: Option<&str>) -> HttpResponse {
        pages().answer(&TestRequest::get().to_http_request(), StatusCode::OK, page, form_target)
    }

    fn header(answer: &HttpResponse, name: &str) -> String {
        answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    async fn html(page: &Page<'_>, languages: &str) -> String {
        let req = TestRequest::get().insert_header((ACCEPT_LANGUAGE, languages)).to_http_request();
        let answer = pages().answer(&req, StatusCode::OK, page, None);
        String::from_utf8(to_bytes(answer.into_body()).await.unwrap().to_vec()).unwrap()
    }

    #[actix_web::test]
    async fn nothing_that_is_shown_becomes_markup() {
        let (interaction, client, username) = (MARKUP, Some(MARKUP), MARKUP);
        let weak = || Some(Problem::WeakPassword(MARKUP.to_owned()));
        let consent = Consent { interaction, client: MARKUP, redirect_host: MARKUP, scopes: &[MARKUP], username };
        for page in [
            Page::Login(Login { interaction, client, username, problem: weak(), may_register: true }),
            Page::Register(Register { interaction, client, username, problem: weak() }),
            Page::Consent(consent),
            Page::LogOut(LogOut { interaction, client, username }),
            Page::LoggedOut(LoggedOut { back_to: Some(MARKUP), client }),
            Page::FormPost(FormPost { action: MARKUP, fields: &[(MARKUP, MARKUP)] }),
            Page::Onward(Onward { url: MARKUP }),
        ] {
            let html = html(&page, "en").await;

            assert!(!html.contains("<script>alert") && !html.contains("\"'"), "{html}");
            assert!(html.contains("&#38;amp;"), "{html}");
        }
    }

    #[actix_web::test]
    async fn row_23_no_page_can_be_framed_or_run_scripts() {
        for page in [Page::Home, login(None), Page::Error(ErrorPage { fault: Fault::UnknownRedirectUri })] {
            let answer = answer(&page, None);

            let policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                          frame-ancestors 'none'";
            assert_eq!(header(&answer, "content-security-policy"), policy);
            assert_eq!(header(&answer, "cache-control"), "no-store");
        }
    }

    #[actix_web::test]
    async fn a_form_may_lead_only_to_its_target() {
        for (target, sources) in [
            ("https://app.example.com", "'self' https://app.example.com"),
            ("http://127.0.0.1:4711", "'self' http://127.0.0.1:4711"),
            ("http://[::1]:4711", "'self' http:"),
            ("com.example.app:", "'self' com.example.app:"),
            ("https://app.example.com; script-src *", "'self'"),
            ("https://app.example.com https:", "'self'"),
            ("*", "'self'"),
            ("'unsafe-inline'", "'self'"),
        ] {
            let policy = header(&answer(&login(None), Some(target)), "content-security-policy");

            assert!(policy.contains(&format!("; form-action {sources}; base-uri")), "{target}: {policy}");
        }
    }

    #[actix_web::test]
    async fn the_script_of_a_form_post_is_the_only_one_allowed() {
        let page = Page::FormPost(FormPost { action: "https://app.example.com/cb", fields: &[("code", "x")] });

        let policy = header(&answer(&page, None), "content-security-policy");
        let html = html(&page, "en").await;

        assert!(!policy.contains("form-action"), "{policy}");
        let (_, script) = html.split_once("<script>").unwrap();
        let (script, _) = script.split_once("</script>").unwrap();
        let hash = STANDARD.encode(digest(&SHA256, script.as_bytes()));
        assert!(policy.contains(&format!("; script-src 'sha256-{hash}'; ")), "{policy}");
    }

    #[actix_web::test]
    async fn forms_and_links_are_below_the_path_of_the_issuer() {
        let html = html(&login(None), "en").await;

        for link in ["action=\"/accounts/authorize/login\"", "href=\"/accounts/authorize/register?interaction=x\""] {
            assert!(html.contains(link), "{html}");
        }
        for link in ["href=\"/accounts/pages/style.css\"", "src=\"/accounts/pages/logo\""] {
            assert!(html.contains(link), "{html}");
        }
    }

    #[actix_web::test]
    async fn a_page_says_which_language_it_is_in() {
        assert!(html(&login(None), "de-AT, en;q=0.5").await.contains("<html lang=\"de\">"));
        assert!(html(&login(None), "fr").await.contains("<html lang=\"en\">"));
    }

    #[actix_web::test]
    async fn who_made_too_many_attempts_is_shown_when_to_try_again() {
        let page = login(Some(Problem::TooManyAttempts { retry_after: std::time::Duration::from_millis(89_500) }));

        assert_eq!(header(&answer(&page, None), "retry-after"), "90");
        let html = html(&page, "en").await;
        assert!(html.contains("role=\"alert\"") && html.contains("2\u{a0}minutes"), "{html}");
    }
}
