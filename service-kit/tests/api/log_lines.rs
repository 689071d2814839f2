//! The log lines of a request.

use std::sync::{LazyLock, Mutex, PoisonError};

use log::{
    Level, Log, Metadata, Record,
    kv::{Error, Key, Value, VisitSource},
};
use service_kit::{RequestContext, testing::error};

use crate::server::Server;

#[actix_web::test]
async fn every_log_line_of_a_request_has_its_id_even_in_blocking_work() {
    let server = logging_server();

    server.get_with("X-Request-Id", "logs-1", "/logs").await;

    let messages: Vec<_> = lines_of("logs-1").into_iter().map(|line| line.message).collect();
    assert!(messages.contains(&"on the worker".to_owned()), "{messages:?}");
    assert!(messages.contains(&"on another thread".to_owned()), "{messages:?}");
}

#[actix_web::test]
async fn an_internal_error_is_logged_once_with_its_causes_and_hidden_from_the_client() {
    let server = logging_server();

    let response = server.get_with("X-Request-Id", "fault-1", "/fault").await;

    assert_eq!(response.error(), error(500, "internal", "internal error"));
    let errors: Vec<_> = lines_of("fault-1").into_iter().filter(|line| line.level == Level::Error).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].message, "internal error: no such table");
    assert_eq!(errors[0].fields, "method=GET route=/fault status=500 code=internal ");
}

#[actix_web::test]
async fn a_rejected_token_is_logged_at_debug_level() {
    let server = logging_server();

    server.get_with("X-Request-Id", "rejected-1", "/protected").await;

    let lines = lines_of("rejected-1");
    let rejections: Vec<_> = lines.iter().filter(|line| line.fields.contains("code=missing_token")).collect();
    assert_eq!(rejections.len(), 1, "{lines:?}");
    assert_eq!(rejections[0].level, Level::Debug);
}

#[actix_web::test]
async fn the_access_log_contains_only_errors_by_default() {
    let server = logging_server();

    for (path, id) in [("/notes", "access-1"), ("/nowhere", "access-2"), ("/fault?token=secret", "access-3")] {
        server.get_with("X-Request-Id", id, path).await;
    }

    assert!(access_line("access-1").is_none());
    assert!(access_line("access-2").is_none());
    let line = access_line("access-3").unwrap();
    assert_eq!((line.level, &*line.message), (Level::Info, "GET /fault 500"));
    assert!(line.fields.contains("status=500") && !line.fields.contains("secret"), "{line:?}");
}

/// A log record.
#[derive(Clone, Debug)]
struct Line {
    level: Level,
    target: String,
    message: String,
    id: Option<String>,
    fields: String,
}

static LINES: LazyLock<Mutex<Vec<Line>>> = LazyLock::new(Mutex::default);

struct Collecting;

impl Log for Collecting {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        struct Fields(String);
        impl<'kvs> VisitSource<'kvs> for Fields {
            fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
                self.0.extend([key.as_str(), "=", &value.to_string(), " "]);
                Ok(())
            }
        }
        let mut fields = Fields(String::new());
        record.key_values().visit(&mut fields).unwrap();
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push(Line {
            level: record.level(),
            target: record.target().to_owned(),
            message: record.args().to_string(),
            id: RequestContext::current().request_id().map(str::to_owned),
            fields: fields.0,
        });
    }

    fn flush(&self) {}
}

fn logging_server() -> Server {
    // Fails if another test has already set it.
    let _ = log::set_logger(&Collecting);
    log::set_max_level(log::LevelFilter::Debug);
    Server::start()
}

fn lines_of(id: &str) -> Vec<Line> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().filter(|line| line.id.as_deref() == Some(id)).cloned().collect()
}

fn access_line(id: &str) -> Option<Line> {
    lines_of(id).into_iter().find(|line| line.target == "access")
}
