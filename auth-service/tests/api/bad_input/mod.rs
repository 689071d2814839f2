//! Malformed requests: always a 4xx with a code and a message, never a 500 or a connection that is closed early.

mod bodies;
mod requests;
