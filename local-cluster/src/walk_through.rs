//! What to try first.

use std::fmt::Write;

/// The addresses, and lines to paste into a shell.
pub fn walk_through(issuer: &str, replicas: &[String]) -> String {
    let mut text = format!("auth-service      {issuer}\n");
    for url in replicas {
        // Writing to a text does not fail.
        let _ = writeln!(text, "resource-service  {url}");
    }
    let first = replicas.first().map_or("", String::as_str);
    let _ = write!(
        text,
        r#"
Sample users: admin/admin123, user_01/1234, user_02/5678. Try it, in another shell:

  JSON='Content-Type: application/json'
  curl -s {issuer}/register -H "$JSON" -d '{{"username":"john","password":"secret123","role":"user"}}'
  TOKEN=$(curl -s {issuer}/login -H "$JSON" -d '{{"username":"john","password":"secret123"}}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
"#
    );
    for url in replicas {
        let _ = writeln!(text, r#"  curl -s {url}/dashboard -H "Authorization: Bearer $TOKEN""#);
    }
    let _ = write!(
        text,
        r#"  curl -s {first}/admin -H "Authorization: Bearer $TOKEN"
  ADMIN=$(curl -s {issuer}/login -H "$JSON" -d '{{"username":"admin","password":"admin123"}}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -s {first}/admin -H "Authorization: Bearer $ADMIN"
  curl -s {issuer}/users -H "Authorization: Bearer $ADMIN"

Ctrl-C ends it.
"#
    );
    text
}
