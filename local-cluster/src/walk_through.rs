//! The walk-through that the program prints.

use std::fmt::Write;

/// The services' URLs, and commands to paste into a shell.
pub fn walk_through(issuer: &str, replicas: &[String], demo: Option<&str>) -> String {
    let mut text = format!("auth-service      {issuer}\n");
    for url in replicas {
        // Writing to a string does not fail.
        let _ = writeln!(text, "resource-service  {url}");
    }
    if let Some(url) = demo {
        let _ = writeln!(text, "demo application  {url}");
    }
    let (first, last) = (replicas.first().map_or("", String::as_str), replicas.last().map_or("", String::as_str));
    let _ = write!(
        text,
        r#"
Sample users: admin/admin123, user_01/1234, user_02/5678. Open {issuer} in a browser, or try it in another shell:

  JSON='Content-Type: application/json'
  token() {{ sed 's/.*"'$1'":"\([^"]*\)".*/\1/'; }}
  curl -s {issuer}/register -H "$JSON" -d '{{"username":"john","password":"secret123","role":"user"}}'
  LOGIN=$(curl -s {issuer}/login -H "$JSON" -d '{{"username":"john","password":"secret123"}}')
  TOKEN=$(echo "$LOGIN" | token access_token); REFRESH=$(echo "$LOGIN" | token refresh_token)
"#
    );
    for url in replicas {
        let _ = writeln!(text, r#"  curl -s {url}/dashboard -H "Authorization: Bearer $TOKEN""#);
    }
    let _ = write!(
        text,
        r#"  curl -s {first}/admin -H "Authorization: Bearer $TOKEN"
  ADMIN=$(curl -s {issuer}/login -H "$JSON" -d '{{"username":"admin","password":"admin123"}}' | token access_token)
  curl -s {first}/admin -H "Authorization: Bearer $ADMIN"
  curl -s {issuer}/users -H "Authorization: Bearer $ADMIN"

A role change and a logout take effect on every replica within three seconds; a refresh returns the new role:

  curl -s -X PATCH {issuer}/users/john -H "$JSON" -H "Authorization: Bearer $ADMIN" -d '{{"role":"editor"}}'
  sleep 3; curl -s {last}/dashboard -H "Authorization: Bearer $TOKEN"
  TOKEN=$(curl -s -X POST {issuer}/refresh -H "Authorization: Bearer $REFRESH" | token access_token)
  curl -s {last}/dashboard -H "Authorization: Bearer $TOKEN"
  curl -s -X POST {issuer}/logout -H "Authorization: Bearer $TOKEN"
  sleep 3; curl -s {last}/dashboard -H "Authorization: Bearer $TOKEN"

Press Ctrl-C to stop.
"#
    );
    text
}
