//! The consent page.

/// Asks the user whether an application may have what it asks for.
pub struct Consent<'a> {
    /// The request, as a hidden field of the form.
    pub interaction: &'a str,
    /// The id of the application.
    pub client: &'a str,
    /// Where the answer goes: the host of the redirect URI, or its scheme where it has none.
    pub redirect_host: &'a str,
    /// What the application asks for, as [`listed`].
    pub scopes: &'a [&'a str],
    /// Who is logged in.
    pub username: &'a str,
}

/// Scopes in the order of the page: who the user is, then what the application may do, and for how long.
pub fn listed<'a>(scopes: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut listed: Vec<_> = scopes.collect();
    listed.sort_by_key(|scope| match *scope {
        "openid" => 0,
        "profile" => 1,
        "email" => 2,
        "offline_access" => 4,
        _ => 3,
    });
    listed
}

#[cfg(test)]
mod tests {
    #[test]
    fn who_the_user_is_comes_first_and_how_long_comes_last() {
        let scopes = "email offline_access openid orders:read orders:write profile".split(' ');

        let listed = super::listed(scopes).join(" ");

        assert_eq!(listed, "openid profile email orders:read orders:write offline_access");
    }
}
