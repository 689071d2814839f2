//! The bodies of the fuzz targets, for a moment each: `fuzz/README.md` says how to run them for long.

use shared::testing::{fuzzing, run_mutations};

#[test]
fn what_the_issuer_has_not_signed_is_no_token() {
    run_mutations("token", 5_000, fuzzing::token);
}

#[test]
fn a_signed_token_has_what_every_token_must_have() {
    run_mutations("signed_token", 300, fuzzing::signed_token);
}

#[test]
fn a_bearer_token_is_the_rest_of_its_header() {
    run_mutations("authorization", 20_000, fuzzing::authorization);
}

#[test]
fn a_token_that_is_found_was_sent() {
    run_mutations("request", 5_000, fuzzing::request);
}

#[test]
fn odd_keys_do_not_hide_a_good_one() {
    run_mutations("jwks", 1_000, fuzzing::jwks_document);
}

#[test]
fn a_private_key_is_never_taken_for_a_public_one() {
    run_mutations("pem", 2_000, fuzzing::pem);
}

#[test]
fn a_status_list_is_written_as_it_is_read() {
    run_mutations("status_list", 200, fuzzing::status_list);
}
