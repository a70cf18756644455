//! Section `directory`: who somebody is.
//!
//! [`accounts`] answers for every stored domain; [`user`] and [`lists`] are the two kinds of answer
//! that it gives, one user with the secret that [`credential`] picks, and lists without any. By the
//! phone a user changes the PIN of its mailbox: [`pin`]. [`clients`] answers for the domain of those who
//! log in to channels.

mod accounts;
#[cfg(test)]
mod asked;
mod clients;
mod credential;
mod lists;
mod pin;
mod user;
