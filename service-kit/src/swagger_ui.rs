//! Swagger UI: its page and files, which are part of the program.

use std::{io::Read, sync::OnceLock, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, HeaderValue, VARY},
};
use flate2::read::GzDecoder;

use crate::{cacheable::Cacheable, content_coding::accepts_gzip};

const PAGE: &str = include_str!("swagger/index.html");

/// Scripts and styles are files of this service, and so is whatever the page requests. The style sheet has icons in `data:` URLs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The page and its files.
pub(crate) struct SwaggerUi {
    page: Cacheable,
    files: [File; 4],
}

struct File {
    name: &'static str,
    content_type: &'static str,
    content: Content,
}

enum Content {
    /// Ours, short.
    Plain(Cacheable),
    /// As the build script takes it from the release of Swagger UI. Unpacked only for clients that do not accept gzip.
    Packed { gzip: Cacheable, bytes: &'static [u8], plain: OnceLock<Cacheable> },
}

impl SwaggerUi {
    /// The page with this title, the name of a service.
    pub(crate) fn new(title: &str) -> Self {
        let plain =
            |name, content_type, text| File { name, content_type, content: Content::Plain(Cacheable::new(text)) };
        let packed = |name, content_type, bytes: &'static [u8]| {
            let content = Content::Packed { gzip: Cacheable::new(bytes), bytes, plain: OnceLock::new() };
            File { name, content_type, content }
        };
        let files = [
            packed(
                "swagger-ui-bundle.js",
                JAVASCRIPT,
                include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz")),
            ),
            packed("swagger-ui.css", CSS, include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz"))),
            plain("initializer.js", JAVASCRIPT, include_str!("swagger/initializer.js")),
            plain("page.css", CSS, include_str!("swagger/page.css")),
        ];
        Self { page: Cacheable::new(PAGE.replace("SERVICE", title)), files }
    }

    /// The page.
    pub(crate) fn page(&self, req: &HttpRequest, max_age: Duration) -> HttpResponse {
        let mut answer = self.page.answer(req, "text/html; charset=utf-8", max_age);
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
        answer
    }

    /// The file with that name.
    pub(crate) fn find_file(&self, req: &HttpRequest, name: &str, max_age: Duration) -> Option<HttpResponse> {
        let file = self.files.iter().find(|file| file.name == name)?;
        Some(match &file.content {
            Content::Plain(content) => content.answer(req, file.content_type, max_age),
            Content::Packed { gzip, bytes, plain } => {
                let is_gzip = accepts_gzip(req);
                let content = if is_gzip { gzip } else { plain.get_or_init(|| Cacheable::new(unpacked(bytes))) };
                let mut answer = content.answer(req, file.content_type, max_age);
                let headers = answer.headers_mut();
                headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
                if is_gzip {
                    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                }
                answer
            }
        })
    }
}

fn unpacked(gzip: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    if let Err(error) = GzDecoder::new(gzip).read_to_end(&mut plain) {
        log::error!("a file of Swagger UI in this program is damaged: {error}");
    }
    plain
}
