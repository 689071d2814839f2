//! `GET /health/live` and `GET /health/ready`.

use std::{
    borrow::Cow,
    error::Error as StdError,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Json},
};
use serde::Serialize;
#[cfg(feature = "verifier")]
use shared::{AuthError, ResourceServer};
use shared::{UnixTime, errors::ErrorBody, tasks::TaskHealth};
use utoipa::ToSchema;

use crate::{api_error::ApiError, lifecycle::Lifecycle};

/// Whether a service is ready: it is not shutting down, its background tasks are alive, and its checks succeed.
pub struct Readiness {
    lifecycle: Lifecycle,
    tasks: Vec<Arc<TaskHealth>>,
    checks: Vec<Check>,
    was_ready: AtomicBool,
}

type Check = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), NotReady>>>> + Send + Sync>;

/// Why a service is not ready: the code and the message of the 503.
#[derive(Debug)]
pub struct NotReady {
    code: &'static str,
    message: Cow<'static, str>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl NotReady {
    /// A reason with this code and message.
    pub fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), cause: None }
    }

    /// The same, with its cause for the log.
    #[must_use]
    pub fn because(self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// The issuer's keys are missing or too old.
    pub fn no_keys() -> Self {
        NotReady::new("keys_unavailable", "The issuer's keys are temporarily unavailable")
    }

    /// The issuer's status lists are missing or too old.
    pub fn no_status_lists() -> Self {
        NotReady::new("status_unavailable", "The issuer's status lists are temporarily unavailable")
    }

    /// The service is shutting down.
    pub(crate) fn shutting_down() -> Self {
        NotReady::new("shutting_down", "Service is shutting down")
    }

    /// A background task has ended or is stuck.
    pub(crate) fn task_dead(name: &str) -> Self {
        NotReady::new("task_dead", format!("Background task {name} is not running"))
    }
}

impl Readiness {
    /// The readiness of a service with this lifecycle.
    pub fn new(lifecycle: Lifecycle) -> Self {
        Self { lifecycle, tasks: Vec::new(), checks: Vec::new(), was_ready: AtomicBool::new(false) }
    }

    /// The readiness of a service that accepts tokens: keys and status lists are current, and the tasks that refresh them are
    /// alive.
    #[cfg(feature = "verifier")]
    pub fn of_resource_server(lifecycle: Lifecycle, auth: &ResourceServer) -> Self {
        let verifier = Arc::clone(auth.verifier());
        Self::new(lifecycle).tasks_alive(auth.tasks().cloned()).check_with(move || {
            std::future::ready(verifier.readiness(UnixTime::now()).map_err(|error| match error {
                AuthError::StatusUnavailable => NotReady::no_status_lists(),
                _ => NotReady::no_keys(),
            }))
        })
    }

    /// Adds a check. Checks run in the order in which they were added; the first failure is the result.
    #[must_use]
    pub fn check_with<F, Fut>(mut self, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), NotReady>> + 'static,
    {
        self.checks.push(Box::new(move || Box::pin(check())));
        self
    }

    /// Adds background tasks that must be alive.
    #[must_use]
    pub fn tasks_alive(mut self, tasks: impl IntoIterator<Item = Arc<TaskHealth>>) -> Self {
        self.tasks.extend(tasks);
        self
    }

    /// Whether the service is ready now. A change is logged.
    ///
    /// # Errors
    /// [`NotReady`] with the reason.
    pub async fn check(&self) -> Result<(), NotReady> {
        let checked = self.run_checks().await;
        let was_ready = self.was_ready.swap(checked.is_ok(), Relaxed);
        match &checked {
            Ok(()) if !was_ready => log::info!("ready"),
            Err(NotReady { code, cause: Some(cause), .. }) if was_ready => log::warn!(code; "not ready: {cause}"),
            Err(NotReady { code, message, .. }) if was_ready => log::warn!(code; "not ready: {message}"),
            _ => {}
        }
        checked
    }

    async fn run_checks(&self) -> Result<(), NotReady> {
        if self.lifecycle.is_draining() {
            return Err(NotReady::shutting_down());
        }
        let now = UnixTime::now();
        if let Some(dead) = self.tasks.iter().find(|task| !task.is_alive(now)) {
            return Err(NotReady::task_dead(dead.name()));
        }
        for check in &self.checks {
            check().await?;
        }
        Ok(())
    }

    pub(crate) fn tasks(&self) -> &[Arc<TaskHealth>] {
        &self.tasks
    }

    /// The outcome of the last check.
    pub(crate) fn was_ready(&self) -> bool {
        self.was_ready.load(Relaxed)
    }
}

impl From<NotReady> for ApiError {
    fn from(reason: NotReady) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, reason.code, reason.message)
    }
}

/// The state of a service.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthStatus)]
pub struct State {
    status: &'static str,
}

impl State {
    pub(crate) const READY: Self = Self { status: "ready" };
}

/// `GET /health/live`: the process responds.
pub async fn show_live() -> Json<State> {
    Json(State { status: "live" })
}

/// `GET /health/ready`: 200, or 503 with what is missing.
pub async fn show_ready(readiness: Data<Readiness>) -> HttpResponse {
    match readiness.check().await {
        Ok(()) => HttpResponse::Ok().json(State::READY),
        Err(NotReady { code, message, .. }) => {
            ErrorBody::new(code, message).to_response(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}
