//! What the modules of the OpenID Foundation's conformance suite check, for the plans Basic OP, Config OP, RP-Initiated Logout OP
//! and Back-Channel Logout OP. The suite itself needs Java and a database server; each test has the name of a module, sends what it sends, and
//! asserts what it expects. docs/conformance.md has the results.

mod backchannel_logout;
mod claims_and_scopes;
mod clients;
mod codes;
mod discovery;
mod id_tokens;
mod parameters;
mod prompts;
mod refusals;
mod request_objects;
mod rp_initiated_logout;
mod suite;

use self::suite::{AFTER_LOGOUT, REDIRECT, Suite, Tokens, assert_needs_user, code_of, error_of, is_printable};
