//! The trait is forgotten.

use jackfield_api::{Keys, register};

struct Lobby;

register!(DialplanHandler, "lobby", Keys::Fixed(&["lobby"]), Lobby);

fn main() {}
