//! Databases that misbehave.

mod pooler;
