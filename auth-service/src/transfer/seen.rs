//! The names in a file so far.

use std::{collections::HashMap, hash::BuildHasher};

use crate::users::{look_alike::Skeleton, username::Username};

/// The names in a file so far, and the lines that have them. Only hashes of the names are kept, 64 bits with a random key: of a
/// million names, two have the same one with a probability of 1 in 30 million.
#[derive(Default)]
pub struct Seen {
    names: HashMap<u64, u64>,
    skeletons: HashMap<u64, u64>,
}

impl Seen {
    /// An empty one, to be added to this one later.
    pub fn branch(&self) -> Self {
        Self {
            names: HashMap::with_hasher(self.names.hasher().clone()),
            skeletons: HashMap::with_hasher(self.skeletons.hasher().clone()),
        }
    }

    /// Adds a branch.
    pub fn merge(&mut self, branch: Self) {
        self.names.extend(branch.names);
        self.skeletons.extend(branch.skeletons);
    }

    /// The line with the same name.
    pub fn line_of(&self, username: &Username) -> Option<u64> {
        self.names.get(&self.names.hasher().hash_one(username.key())).copied()
    }

    /// The line of a user whose name looks like this one.
    pub fn line_like(&self, skeleton: &Skeleton) -> Option<u64> {
        let hasher = self.skeletons.hasher();
        skeleton.look_alikes().iter().find_map(|stored| self.skeletons.get(&hasher.hash_one(stored.as_str())).copied())
    }

    /// Notes a name.
    pub fn note_name(&mut self, username: &Username, line: u64) {
        self.names.insert(self.names.hasher().hash_one(username.key()), line);
    }

    /// Notes what the name of a new user looks like.
    pub fn note_skeleton(&mut self, skeleton: &Skeleton, line: u64) {
        self.skeletons.insert(self.skeletons.hasher().hash_one(skeleton.stored().as_str()), line);
    }
}
