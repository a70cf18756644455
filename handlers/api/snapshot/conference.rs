//! Conference rooms.

/// A room that callers meet in.
#[derive(Debug, Clone)]
pub struct Room {
    /// The name, mostly the number that is dialled.
    pub name: String,
    /// The conference profile it runs with.
    pub profile: String,
}
