//! What the pages say, one file per language. A message that a language lacks does not compile.

pub mod catalog;
pub mod de;
pub mod en;
