//! The tables, as `migrations/` makes them.

diesel::table! {
    sequences (name) {
        name -> Text,
        last -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        username -> Text,
        username_key -> Text,
        password_hash -> Text,
        role -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        sealed_private_key -> Text,
        created_at -> BigInt,
        active_from -> BigInt,
        retire_at -> Nullable<BigInt>,
        forget_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    verifiers (instance) {
        instance -> Text,
        etag -> Text,
        seen_at -> BigInt,
    }
}
