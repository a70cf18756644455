//! The tables, as the migrations make them, as far as this program reads and writes them; rows know
//! besides when they were made and changed last.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! { revision (id) { id -> BigInt, value -> BigInt, writer -> Nullable<Text>, pruned -> BigInt } }
// `at` has a type of its own in each database.
table! {
    changes (id) {
        id -> BigInt,
        revision -> BigInt,
        table_name -> Text,
        row_id -> BigInt,
        key -> Text,
        did -> Text,
        who -> Text,
        owner_table -> Nullable<Text>,
        owner_id -> Nullable<BigInt>,
    }
}
table! {
    domains (id) {
        id -> BigInt,
        name -> Text,
        params -> Text,
        variables -> Text,
        realms -> Text,
        algorithms -> Text,
        others -> Text,
    }
}
table! { domain_aliases (id) { id -> BigInt, domain_id -> BigInt, name -> Text } }
table! {
    users (id) {
        id -> BigInt,
        domain_id -> BigInt,
        name -> Text,
        number_alias -> Nullable<Text>,
        enabled -> Bool,
        cidr -> Nullable<Text>,
        secrets -> Text,
        voicemail_hash -> Nullable<Text>,
        params -> Text,
        variables -> Text,
        others -> Text,
    }
}
table! {
    groups (id) {
        id -> BigInt,
        domain_id -> BigInt,
        name -> Text,
        params -> Text,
        variables -> Text,
    }
}
table! {
    group_members (id) { id -> BigInt, group_id -> BigInt, user_id -> BigInt, position -> BigInt }
}
table! {
    profiles (id) {
        id -> BigInt,
        kind -> Text,
        name -> Text,
        params -> Text,
        domains -> Text,
        aliases -> Text,
        others -> Text,
        hosts -> Text,
    }
}
table! {
    gateways (id) {
        id -> BigInt,
        profile_id -> Nullable<BigInt>,
        user_id -> Nullable<BigInt>,
        name -> Text,
        params -> Text,
        others -> Text,
    }
}
table! {
    access_lists (id) {
        id -> BigInt,
        name -> Text,
        default_allow -> Bool,
        nodes -> Text,
        hosts -> Text,
    }
}
table! { contexts (id) { id -> BigInt, section -> Text, name -> Text } }
table! {
    extensions (id) {
        id -> BigInt,
        context_id -> BigInt,
        position -> BigInt,
        name -> Text,
        continues -> Bool,
        conditions -> Text,
    }
}
table! { rooms (id) { id -> BigInt, name -> Text, profile -> Text } }
table! { menus (id) { id -> BigInt, name -> Text, attributes -> Text, entries -> Text } }
table! { queues (id) { id -> BigInt, name -> Text, params -> Text } }
table! { agents (id) { id -> BigInt, name -> Text, attributes -> Text } }
table! {
    tiers (id) {
        id -> BigInt,
        queue_id -> BigInt,
        agent_id -> BigInt,
        level -> BigInt,
        position -> BigInt,
    }
}
table! { languages (id) { id -> BigInt, name -> Text, attributes -> Text, groups -> Text } }
table! { phrases (id) { id -> BigInt, language_id -> BigInt, name -> Text, xml -> Text } }
table! { globals (id) { id -> BigInt, name -> Text, value -> Text, hosts -> Text } }
table! { documents (id) { id -> BigInt, name -> Text, xml -> Text, hosts -> Text } }
table! {
    channels (id) {
        id -> BigInt,
        name -> Text,
        enabled -> Bool,
        client_limit -> Nullable<BigInt>,
        access -> Text,
        second_login -> Text,
        context -> Text,
        dialplan -> Text,
        methods -> Text,
        event_channels -> Text,
        session_life -> BigInt,
        origins -> Text,
        token_hash -> Nullable<Text>,
        max_unconnected -> BigInt,
        max_unconnected_per_address -> BigInt,
    }
}
table! {
    clients (id) {
        id -> BigInt,
        channel_id -> BigInt,
        name -> Text,
        ha1 -> Text,
        session -> Text,
        created -> BigInt,
        expires -> BigInt,
        asked_from -> Nullable<Text>,
        connected -> Nullable<BigInt>,
        connected_address -> Nullable<Text>,
        connected_switch -> Nullable<Text>,
        replaced -> Text,
        granted -> Text,
    }
}

joinable!(group_members -> users (user_id));
joinable!(tiers -> queues (queue_id));
joinable!(tiers -> agents (agent_id));
allow_tables_to_appear_in_same_query!(domains, users);
allow_tables_to_appear_in_same_query!(group_members, users);
allow_tables_to_appear_in_same_query!(tiers, queues, agents);
allow_tables_to_appear_in_same_query!(channels, clients);
