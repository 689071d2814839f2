//! The page for a request that cannot be answered otherwise.

use super::fault::Fault;

/// Says what is wrong with a request.
pub struct ErrorPage {
    /// What is wrong.
    pub fault: Fault,
}
