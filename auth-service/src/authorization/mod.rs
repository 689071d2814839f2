//! Logins for applications: the authorization endpoint with its pages, codes and consents.
//!
//! A request of a browser is a [`Dialog`](dialog::Dialog), and the authorization request that it is about is
//! [`Asked`](asked::Asked): it has arrived at [`authorize`], or comes from a page ([`log_in`], [`register`], [`consent`]), which
//! carries it as an [`Interaction`](interaction::Interaction). [`decision`] says what is to be done, [`steps`] does it: by one of the
//! [`question_pages`], or by the [`client_response`]. [`authorizations`] issues codes, and [`exchange`] takes them.

pub mod api;
pub mod asked;
pub mod authorizations;
pub mod authorize;
pub mod client_response;
pub mod code;
pub mod consent;
pub mod cookies;
pub mod decision;
pub mod dialog;
pub mod error;
pub mod exchange;
pub mod interaction;
pub mod log_in;
pub mod log_out;
pub mod page_form;
pub mod parameters;
pub mod question_pages;
pub mod redirect;
pub mod refusal;
pub mod register;
pub mod request;
pub mod sent_parameters;
pub mod site;
pub mod steps;
pub mod store;
pub mod visit;
