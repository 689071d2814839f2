//! The pages that people see: login, registration, consent, logout, and what is wrong with a request. They are rendered here, run
//! no scripts, and load nothing but the style sheet and the logo of this service.

pub mod api;
pub mod consent;
mod document;
pub mod error_page;
pub mod fault;
pub mod form_post;
mod language;
pub mod log_out;
pub mod logged_out;
pub mod login;
mod logo;
mod look;
mod messages;
pub mod onward;
pub mod page;
#[expect(clippy::module_inception, reason = "the type has the name of its feature")]
pub mod pages;
pub mod problem;
pub mod register;
pub mod show;
