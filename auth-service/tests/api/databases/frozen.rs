//! A PostgreSQL server that accepts connections and does not respond.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use service_kit::testing::{Api, Program};

use crate::support::{MASTER_KEY, OwnPostgres, PASSWORD, PROGRAM};

#[actix_web::test]
async fn a_database_that_does_not_respond_delays_neither_health_nor_shutdown() {
    let Some(server) = OwnPostgres::start() else { return };
    let database = server.database();
    let variables = [
        ("AUTH__LISTEN", "127.0.0.1:0"),
        ("AUTH__DATABASE__URL", database.url()),
        ("AUTH__MASTER_KEY", MASTER_KEY),
        ("AUTH__DRAIN_SECS", "0"),
    ];
    let mut program = Program::start(PROGRAM, &[], &variables);
    let service = Api::at(program.url());
    service.until("/health/ready", 200).await;
    let login = json!({ "username": "nobody", "password": PASSWORD });

    server.freeze();
    let began = Instant::now();
    let logins = join_all((0..12).map(|_| service.post("/login", &login)));
    let checks = async {
        let mut slowest = Duration::ZERO;
        for path in ["/health/ready", "/status-lists/1", "/health/live", "/health/ready", "/status-lists/1"] {
            let asked = Instant::now();
            service.get(path).await;
            slowest = slowest.max(asked.elapsed());
        }
        let ready = service.until("/health/ready", 503).await;
        (slowest, ready.code().code.clone(), began.elapsed())
    };
    let (logins, (slowest, code, not_ready_after)) = futures_util::future::join(logins, checks).await;
    let answered_after = began.elapsed();
    program.signal("TERM");
    let asked = Instant::now();
    let ended = program.end();
    let ended_after = asked.elapsed();
    server.thaw();

    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    assert!(not_ready_after < Duration::from_secs(8), "{not_ready_after:?}");
    assert_eq!(code, "database_unavailable");
    assert!(logins.iter().all(|response| response.status == 503), "{logins:?}");
    assert!(answered_after < Duration::from_secs(12), "{answered_after:?}");
    assert!(ended_after < Duration::from_secs(12), "{ended_after:?}");
    assert_eq!(ended.code, Some(0));
}
