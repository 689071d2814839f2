//! Background tasks: restarted after a panic, and part of readiness.

use std::time::Duration;

use service_kit::testing::{eventually, eventually_within};
use shared::UnixTime;

use crate::support::{Database, TestApp};

const LONG: Duration = Duration::from_mins(10);

#[actix_web::test]
async fn a_task_that_panics_is_restarted_within_a_second_and_counted() {
    let app = TestApp::spawn(Database::sqlite()).await;
    let names: Vec<_> = app.tasks.iter().map(|task| task.name()).collect();
    assert_eq!(names, ["signing-keys", "status-lists", "sweep", "audit", "write-check", "logout-notices"]);

    for task in &app.tasks {
        task.panic_once();
        eventually(async || (task.restarts() == 1).then_some(())).await;
        task.age(LONG);

        eventually_within(Duration::from_secs(1), async || {
            task.is_alive(UnixTime::now()).then_some(()).ok_or("the task is not alive")
        })
        .await;

        assert_eq!(task.restarts(), 1, "{}", task.name());
    }
    assert_eq!(app.get("/health/ready").await.status, 200);
}

#[actix_web::test]
async fn a_service_with_a_dead_task_is_live_but_not_ready() {
    let app = TestApp::spawn(Database::sqlite()).await;

    for task in &app.tasks {
        task.panic_always();
        eventually(async || (task.restarts() > 0).then_some(())).await;
        // As if its last heartbeat were too long ago.
        task.age(LONG);

        let ready = app.get("/health/ready").await;
        assert_eq!(ready.status, 503);
        assert!(ready.body.contains(task.name()), "{}", ready.body);
        assert_eq!(app.get("/health/live").await.status, 200);

        task.recover();
        app.until("/health/ready", 200).await;
    }
}
