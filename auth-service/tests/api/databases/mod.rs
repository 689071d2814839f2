//! Databases that misbehave.

mod frozen;
mod pooler;
