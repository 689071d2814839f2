//! actix-web: what puts a resource server into an `App`.

mod app;

pub(crate) use app::AppData;
