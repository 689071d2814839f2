//! The `OpenAPI` description of a service, collected from the signatures of its handlers (decision 0029).

pub(crate) mod answer;
pub(crate) mod api;
mod body;
pub(crate) mod credential;
pub(crate) mod described;
pub(crate) mod handler;
mod object;
pub(crate) mod operation;
mod refusals;
mod schemas;
