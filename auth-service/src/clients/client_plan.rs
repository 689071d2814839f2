//! What has to be done so that the clients are those of a file.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value, json};

use super::{
    client_id::{ClientId, ClientName},
    client_view::ClientView,
    error::ClientError,
    registration::Registration,
    sent_registration::SentRegistration,
};

/// A change of one client.
#[derive(Clone, Debug)]
pub enum Step {
    /// It is only in the file.
    Create { id: ClientId, name: ClientName, registration: Registration },
    /// It differs.
    Change { id: String, before: Registration, after: Registration },
    /// It is not in the file.
    Delete { id: String },
}

/// Members of two registrations that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differences(Vec<Difference>);

/// A member whose values differ.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Difference {
    member: String,
    removed: Vec<String>,
    added: Vec<String>,
}

/// The steps from these clients to those that are wanted. Others are removed if `prunes`.
///
/// # Errors
/// [`ClientError::Name`] and [`ClientError::OtherKind`], which names the client.
pub fn plan(
    clients: &[ClientView],
    wanted: &BTreeMap<ClientName, Registration>,
    prunes: bool,
) -> Result<Vec<Step>, ClientError> {
    let mut steps = Vec::new();
    let mut kept = Vec::new();
    for (name, registration) in wanted {
        let id = name.id(registration.kind)?;
        let rivals = name.rivals();
        match clients.iter().find(|client| rivals.iter().any(|rival| rival.as_str() == client.client_id)) {
            None => steps.push(Step::Create { id, name: name.clone(), registration: registration.clone() }),
            Some(client) => {
                let (id, before) = (client.client_id.clone(), client.registration());
                if before.kind != registration.kind {
                    return Err(ClientError::OtherKindOf(id, before.kind));
                }
                if before != registration {
                    let (before, after) = (before.clone(), registration.clone());
                    steps.push(Step::Change { id: id.clone(), before, after });
                }
                kept.push(id);
            }
        }
    }
    let surplus = clients.iter().map(|client| &client.client_id).filter(|id| prunes && !kept.contains(id));
    let removed = surplus.map(|id| Step::Delete { id: id.clone() });
    Ok(removed.chain(steps).collect())
}

impl Differences {
    /// Between two registrations.
    pub fn between(before: &Registration, after: &Registration) -> Self {
        let (before, after) = (members(before), members(after));
        Self::of(&before, &after)
    }

    /// Of a new one.
    pub fn of_new(registration: &Registration) -> Self {
        Self::of(&Map::new(), &members(registration))
    }

    /// One line for each value: member, `+` or `-`, value.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().flat_map(|Difference { member, removed, added }| {
            let removed = removed.iter().map(move |value| format!("{member}  - {value}"));
            removed.chain(added.iter().map(move |value| format!("{member}  + {value}")))
        })
    }

    /// As JSON.
    pub fn to_json(&self) -> Value {
        let member = |it: &Difference| (it.member.clone(), json!({ "removed": it.removed, "added": it.added }));
        Value::Object(self.0.iter().map(member).collect())
    }

    fn of(before: &Map<String, Value>, after: &Map<String, Value>) -> Self {
        let mut names: Vec<_> = after.keys().chain(before.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let differences = names.into_iter().filter_map(|name| {
            let (old, new) = (strings(before.get(name)), strings(after.get(name)));
            let missing_in = |others: &[String], values: &[String]| -> Vec<_> {
                values.iter().filter(|value| !others.contains(value)).cloned().collect()
            };
            let (removed, added) = (missing_in(&new, &old), missing_in(&old, &new));
            let differs = !removed.is_empty() || !added.is_empty();
            differs.then(|| Difference { member: name.clone(), removed, added })
        });
        Self(differences.collect())
    }
}

/// In one line, for the audit log: `redirect_uris - https://a.example, + https://b.example`.
impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Difference { member, removed, added }) in self.0.iter().enumerate() {
            let removed = removed.iter().map(|value| format!("-{value}"));
            let values: Vec<_> = removed.chain(added.iter().map(|value| format!("+{value}"))).collect();
            write!(f, "{}{member} {}", if i == 0 { "" } else { "; " }, values.join(" "))?;
        }
        Ok(())
    }
}

fn members(registration: &Registration) -> Map<String, Value> {
    match json!(SentRegistration::from(registration)) {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The values of a member; a list's, each scope, or the only one.
fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        Some(other) => vec![other.to_string()],
    }
}
