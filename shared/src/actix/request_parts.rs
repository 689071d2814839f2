//! `RequestParts` for actix-web requests.

use std::borrow::Cow;

use actix_web::HttpRequest;

use crate::rules::RequestParts;

impl RequestParts for HttpRequest {
    fn method(&self) -> &str {
        self.method().as_str()
    }

    fn path(&self) -> &str {
        self.path()
    }

    fn query(&self) -> Option<&str> {
        self.uri().query()
    }

    fn route(&self) -> Option<Cow<'_, str>> {
        self.match_pattern().map(Cow::Owned)
    }

    fn path_parameter(&self, name: &str) -> Option<&str> {
        self.match_info().get(name)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }
}
