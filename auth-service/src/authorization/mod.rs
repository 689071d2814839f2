//! Logins for applications: the authorization endpoint with its pages, codes and consents.

pub mod api;
pub mod authorizations;
pub mod authorize;
pub mod code;
pub mod consent;
pub mod cookies;
pub mod decision;
pub mod dialog;
pub mod error;
pub mod interaction;
pub mod log_in;
pub mod log_out;
pub mod page_form;
pub mod parameters;
pub mod redirect;
pub mod refusal;
pub mod register;
pub mod request;
pub mod sent_parameters;
pub mod site;
pub mod store;
pub mod visit;
