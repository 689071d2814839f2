//! The tables that `migrations/` creates.

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
        disabled_at -> Nullable<BigInt>,
        last_login_at -> Nullable<BigInt>,
        username_skeleton -> Nullable<Text>,
        password_changes -> Nullable<BigInt>,
        email -> Nullable<Text>,
    }
}

diesel::table! {
    deleted_usernames (username_key) {
        username_key -> Text,
        deleted_at -> BigInt,
    }
}

diesel::table! {
    password_resets (token_hash) {
        token_hash -> Text,
        user_id -> BigInt,
        expires_at -> BigInt,
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
        sealed_list_key -> Nullable<Text>,
        sealed_id_key -> Nullable<Text>,
    }
}

diesel::table! {
    verifiers (instance) {
        instance -> Text,
        etag -> Text,
        seen_at -> BigInt,
    }
}

diesel::table! {
    secrets (name) {
        name -> Text,
        sealed -> Text,
    }
}

diesel::table! {
    guess_budgets (user_id, lane) {
        user_id -> BigInt,
        lane -> Text,
        full_at -> BigInt,
        failures -> BigInt,
        since -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        user_id -> BigInt,
        device -> Text,
        address -> Text,
        created_at -> BigInt,
        last_used_at -> BigInt,
        auth_time -> BigInt,
        generation -> BigInt,
        rotated_at -> BigInt,
        idle_ends_at -> BigInt,
        ends_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        tokens_full_at -> Nullable<BigInt>,
        browser_id -> Nullable<Text>,
        client_id -> Nullable<Text>,
        granted -> Nullable<Text>,
    }
}

diesel::table! {
    authorization_codes (code_hash) {
        code_hash -> Text,
        client_id -> Text,
        redirect_uri -> Text,
        user_id -> BigInt,
        browser_id -> Text,
        auth_time -> BigInt,
        scope -> Text,
        audience -> Nullable<Text>,
        nonce -> Nullable<Text>,
        challenge -> Nullable<Text>,
        expires_at -> BigInt,
        session_id -> Nullable<Text>,
        interaction_id -> Nullable<Text>,
    }
}

diesel::table! {
    consents (user_id, client_id) {
        user_id -> BigInt,
        client_id -> Text,
        scope -> Text,
        granted_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    logout_notices (id) {
        id -> Text,
        client_id -> Text,
        user_id -> BigInt,
        browser_id -> Text,
        created_at -> BigInt,
        attempts -> BigInt,
        due_at -> BigInt,
    }
}

diesel::table! {
    status_lists (id) {
        id -> BigInt,
        opens_at -> BigInt,
        #[sql_name = "lent"]
        reserved -> BigInt,
        ends_at -> BigInt,
        version -> BigInt,
        changed_at -> BigInt,
    }
}

diesel::table! {
    access_tokens (list_id, idx) {
        list_id -> BigInt,
        idx -> BigInt,
        session_id -> Nullable<Text>,
        client_id -> Nullable<Text>,
        expires_at -> BigInt,
        status -> BigInt,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        at -> BigInt,
        actor -> Nullable<Text>,
        action -> Text,
        subject -> Nullable<Text>,
        address -> Nullable<Text>,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        secret_hash -> Text,
        previous_secret_hash -> Nullable<Text>,
        previous_until -> Nullable<BigInt>,
        scopes -> Text,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        kind -> Nullable<Text>,
        redirect_uris -> Nullable<Text>,
        post_logout_uris -> Nullable<Text>,
        origins -> Nullable<Text>,
        backchannel_logout_uri -> Nullable<Text>,
        first_party -> Nullable<BigInt>,
        requires_pkce -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(access_tokens, clients, sessions, users);
