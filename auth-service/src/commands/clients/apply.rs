//! `auth-service clients apply`.

use std::{fs, io, path::PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use shared::{Secret, UnixTime};

use super::super::output::{Failure, try_say, try_say_json};
use crate::{
    authority::authority::Authority,
    clients::{
        client_file,
        client_plan::{Differences, Step, plan},
        clients::Clients,
    },
};

#[derive(Args)]
pub(in crate::commands) struct Arguments {
    /// A TOML file with a table `[clients.NAME]` for each client.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only print the differences.
    #[arg(long)]
    dry_run: bool,
    /// Also delete the clients that are not in the file, and revoke their tokens.
    #[arg(long)]
    prune: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, clients: &Clients) -> Result<(), Failure> {
    let Arguments { file, dry_run, prune, json } = arguments;
    let named = |error: &dyn std::fmt::Display| Failure::refused(format!("{}: {error}", file.display()));
    let text = fs::read_to_string(&file).map_err(|error| named(&error))?;
    let wanted = client_file::read(&text).map_err(|error| named(&error))?;
    let (by, now) = (Authority::operator(), UnixTime::now());
    if dry_run {
        let existing = clients.list(by, now).await.map_err(Failure::of)?;
        let steps = plan(&existing, &wanted, prune).map_err(Failure::of)?;
        let steps: Vec<_> = steps.into_iter().map(|step| (step, None)).collect();
        return say_steps(&steps, dry_run, json).map_err(Failure::of);
    }
    let print = move |steps: &[_]| say_steps(steps, dry_run, json);
    clients.apply(move |existing| plan(existing, &wanted, prune), by, now, print).await.map_err(Failure::of)
}

/// Before the change is committed.
fn say_steps(steps: &[(Step, Option<Secret>)], dry_run: bool, json: bool) -> io::Result<()> {
    if json {
        let steps: Vec<_> = steps.iter().map(ShownStep::of).collect();
        return try_say_json(&json!({ "dry_run": dry_run, "changes": steps }));
    }
    for (step, secret) in steps {
        let (heading, differences) = match step {
            Step::Create { id, registration, .. } => {
                (format!("+ {}", id.as_str()), Some(Differences::of_new(registration)))
            }
            Step::Change { id, before, after } => (format!("~ {id}"), Some(Differences::between(before, after))),
            Step::Delete { id } => (format!("- {id}"), None),
        };
        try_say(&heading)?;
        for line in differences.iter().flat_map(Differences::lines) {
            try_say(&format!("    {line}"))?;
        }
        if let Some(secret) = secret {
            try_say(&format!("    client_secret  {}", secret.expose()))?;
        }
    }
    if steps.iter().any(|(_, secret)| secret.is_some()) {
        try_say("Secrets are not shown again.")?;
    }
    try_say(match (steps.is_empty(), dry_run) {
        (true, _) => "The clients are as in the file.",
        (false, true) => "Nothing was changed.",
        (false, false) => "Done.",
    })
}

/// A step as JSON.
#[derive(Serialize)]
struct ShownStep<'a> {
    action: &'static str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
}

impl<'a> ShownStep<'a> {
    fn of((step, secret): &'a (Step, Option<Secret>)) -> Self {
        let (action, client_id, differences) = match step {
            Step::Create { id, registration, .. } => ("create", id.as_str(), Some(Differences::of_new(registration))),
            Step::Change { id, before, after } => ("change", &**id, Some(Differences::between(before, after))),
            Step::Delete { id } => ("delete", &**id, None),
        };
        let differences = differences.as_ref().map(Differences::to_json);
        Self { action, client_id, differences, client_secret: secret.as_ref().map(Secret::expose) }
    }
}
