//! Checks of the database itself.

use std::{fmt::Display, path::Path};

use service_kit::doctor::Check;

use super::{connections, standbys};
use crate::{
    config::SETTINGS,
    db::{DatabaseUrl, DbConnection, Inspection, Migrations, Server, Unsuitable},
};

const NAME: &str = "database";

pub(super) fn missing(file: &Path) -> Check {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let remedy = format!(
        "Run the command in the directory of the service, set {} to the path of its file, or create a database with \
         `auth-service init`.",
        SETTINGS.variable("database.url")
    );
    Check::error(NAME, format!("there is no database in {}", absolute.display()), remedy)
}

pub(super) fn unusable(url: &DatabaseUrl, error: &dyn Display) -> Check {
    let setting = SETTINGS.variable("database.url");
    let remedy = match url {
        DatabaseUrl::Sqlite(_) => format!("Set {setting} to a database file that this user can read and write."),
        DatabaseUrl::Postgres(_) => {
            format!("Check that the server runs and accepts connections from here, and the credentials in {setting}.")
        }
    };
    Check::error(NAME, format!("{url}: {error}"), remedy)
}

/// What an inspection has found.
pub(super) fn checks(url: &DatabaseUrl, inspection: &Inspection, pool: u32) -> Vec<Check> {
    let mut checks = vec![Check::ok(NAME, url.to_string()), Check::ok("version", &*inspection.version)];
    let Some(server) = &inspection.server else {
        checks.push(Check::ok("isolation", "serializable"));
        return checks;
    };
    checks.push(encoding(server, inspection.unsuitable.as_ref()));
    match &inspection.unsuitable {
        Some(Unsuitable::Encoding(_)) => {}
        Some(why @ (Unsuitable::Standby | Unsuitable::ReadOnly)) => {
            checks.push(Check::error("writable", why.to_string(), why.remedy()));
        }
        None => checks.push(Check::ok("writable", "the server is a primary and accepts changes")),
    }
    checks.extend(server_checks(server));
    if !server.is_pooled {
        checks.push(connections::check(server.max_connections, pool));
    }
    checks
}

fn encoding(server: &Server, unsuitable: Option<&Unsuitable>) -> Check {
    const NAME: &str = "encoding";
    match unsuitable {
        Some(why @ Unsuitable::Encoding(_)) => Check::error(NAME, why.to_string(), why.remedy()),
        _ if server.encoding != "UTF8" => {
            let remedy = "Create your next database with ENCODING 'UTF8', so that other programs can read it.";
            Check::warning(NAME, format!("{}: text is stored unchecked", server.encoding), remedy)
        }
        _ => Check::ok(NAME, &*server.encoding),
    }
}

fn server_checks(server: &Server) -> [Check; 3] {
    let pooler = if server.is_pooled { "in use: statements are not prepared" } else { "none" };
    [
        Check::ok("isolation", format!("{} by default; transactions set their own", server.isolation)),
        Check::ok("pooler", pooler),
        standbys::check(&server.standbys),
    ]
}

/// Whether the schema is that of this program, and whether all of its tables are there.
pub(super) fn migrations(conn: &mut DbConnection) -> (Check, bool) {
    const NAME: &str = "migrations";
    let migrations = match Migrations::compare(conn) {
        Ok(migrations) => migrations,
        Err(error) => {
            let remedy = "Allow the database user to read __diesel_schema_migrations.";
            return (Check::error(NAME, error.to_string(), remedy), false);
        }
    };
    if !migrations.pending.is_empty() {
        let remedy = "Run `auth-service migrate`; if that fails, the database was changed by hand or restored in part.";
        return (Check::error(NAME, format!("not applied: {}", migrations.pending.join(", ")), remedy), false);
    }
    if !migrations.unknown.is_empty() {
        let remedy = "A newer program has used this database. Upgrade this one, unless it was rolled back on purpose.";
        return (Check::warning(NAME, format!("unknown: {}", migrations.unknown.join(", ")), remedy), true);
    }
    (Check::ok(NAME, "all are applied"), true)
}
