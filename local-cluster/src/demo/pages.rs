//! The demo application's pages.

use shared::oidc::SignedInUser;

const LOG_OUT: &str = r#"<form method="post" action="/logout"><button class="quiet">Log out</button></form>"#;

/// The front page, for a visitor or for a user who is logged in.
pub fn front_page(user: Option<&SignedInUser>) -> String {
    let action = match user {
        Some(user) => format!(
            r#"<p>You are logged in as <strong>{}</strong>.</p>
<div class="actions"><a class="button" href="/account">Your account</a>{LOG_OUT}</div>"#,
            escaped(user.username())
        ),
        None => r#"<div class="actions"><a class="button" href="/login">Log in</a></div>"#.to_owned(),
    };
    page(
        "Demo application",
        &format!(
            r"<h1>Demo application</h1>
<p>This application has no passwords of its own. It sends you to the login page of auth-service, which sends you back with a
code. The tokens for that code stay on the server of this application; your browser gets a cookie.</p>
{action}"
        ),
    )
}

/// What the application knows about its user.
pub fn account_page(user: &SignedInUser, url: &str, response: &str) -> String {
    let rows = user.claims().iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("<tr><th scope=\"row\"><code>{}</code></th><td>{}</td></tr>\n", escaped(name), escaped(&value))
    });
    let rows = rows.collect::<Vec<_>>().concat();
    page(
        "Your account",
        &format!(
            r#"<h1>Hello {}</h1>
<div class="actions"><a class="button" href="/">Front page</a>{LOG_OUT}</div>
<h2>Claims of the ID token</h2>
<table>
{rows}</table>
<h2>A call on your behalf</h2>
<p>The server of this application has called <code>{}</code> with your access token:</p>
<pre tabindex="0">{}</pre>"#,
            escaped(user.username()),
            escaped(url),
            escaped(response)
        ),
    )
}

fn page(title: &str, main: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
{main}
</main>
</body>
</html>
"#
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_of_others_is_no_markup() {
        assert_eq!(super::escaped(r#"<a b="c" d='e'>&"#), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
    }
}
