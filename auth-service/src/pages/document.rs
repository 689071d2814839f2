//! A page as HTML.

use askama::Template;

use super::{look::Look, messages::catalog::Messages, page::Page};

/// A page as HTML. Askama escapes all values.
#[derive(Template)]
#[template(path = "document.html")]
pub struct Document<'a> {
    /// The page.
    pub page: &'a Page<'a>,
    /// What it says.
    pub messages: &'static Messages,
    /// How it looks.
    pub look: &'a Look,
    /// The script that sends a form.
    pub script: &'static str,
}
