//! A page.

use super::{
    consent::Consent, error_page::ErrorPage, form_post::FormPost, log_out::LogOut, logged_out::LoggedOut, login::Login,
    onward::Onward, problem::Problem, register::Register,
};

/// A page.
pub enum Page<'a> {
    /// Says what this service is.
    Home,
    /// Asks for a username and a password.
    Login(Login<'a>),
    /// Asks for the name and the password of a new account.
    Register(Register<'a>),
    /// Asks whether an application may have what it asks for.
    Consent(Consent<'a>),
    /// Says what is wrong with a request.
    Error(ErrorPage),
    /// Asks whether to log out.
    LogOut(LogOut<'a>),
    /// Says that the user is logged out.
    LoggedOut(LoggedOut<'a>),
    /// Takes a response to an application.
    FormPost(FormPost<'a>),
    /// Leads to an application.
    Onward(Onward<'a>),
}

impl Page<'_> {
    /// Why the last attempt failed.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Login(page) => page.problem.as_ref(),
            Self::Register(page) => page.problem.as_ref(),
            _ => None,
        }
    }
}
