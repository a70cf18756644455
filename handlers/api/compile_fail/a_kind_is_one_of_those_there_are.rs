//! There is no such kind.

use jackfield_api::{Keys, register};

struct Lobby;

register!(CallHandler, "lobby", Keys::Fixed(&["lobby"]), Lobby);

fn main() {}
