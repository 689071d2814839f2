//! How often something happened, and from where.

use shared::UnixTime;

/// How often something happened, since when, and from which addresses: the first few of them.
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) first: UnixTime,
    addresses: Vec<String>,
    has_more_addresses: bool,
}

/// Addresses that a line names.
const MAX_ADDRESSES: usize = 3;

impl Tally {
    pub(super) fn new(first: UnixTime) -> Self {
        Self { count: 0, first, addresses: Vec::new(), has_more_addresses: false }
    }

    pub(super) fn count(&mut self, address: Option<String>) {
        self.count += 1;
        if let Some(address) = address {
            self.note_address(address);
        }
    }

    pub(super) fn add(&mut self, earlier: Self) {
        self.count += earlier.count;
        self.first = self.first.min(earlier.first);
        self.has_more_addresses |= earlier.has_more_addresses;
        for address in earlier.addresses {
            self.note_address(address);
        }
    }

    fn note_address(&mut self, address: String) {
        if self.addresses.contains(&address) {
            return;
        }
        if self.addresses.len() < MAX_ADDRESSES {
            self.addresses.push(address);
        } else {
            self.has_more_addresses = true;
        }
    }

    /// The address, if there is one only.
    pub(super) fn address(&self) -> Option<String> {
        match &self.addresses[..] {
            [only] if !self.has_more_addresses => Some(only.clone()),
            _ => None,
        }
    }

    /// How often, if more than once, and from where, if from several addresses.
    pub(super) fn details(&self, now: UnixTime) -> Vec<String> {
        let mut details = Vec::new();
        if self.count > 1 {
            details.push(format!("{} times in {} s", self.count, now.since(self.first).as_secs().max(1)));
        }
        if self.addresses.len() > 1 {
            let others = if self.has_more_addresses { " and others" } else { "" };
            details.push(format!("from {}{others}", self.addresses.join(", ")));
        }
        details
    }
}
