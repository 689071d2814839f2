//! Listeners.

use std::{net::TcpStream, time::Duration};

use service_kit::bind;

#[test]
fn a_burst_of_connections_is_accepted_before_any_is_served() {
    let listener = bind("127.0.0.1:0".parse().unwrap(), "LISTEN").unwrap();
    let address = listener.local_addr().unwrap();

    let connections: Result<Vec<_>, _> =
        (0..300).map(|_| TcpStream::connect_timeout(&address, Duration::from_millis(900))).collect();

    assert_eq!(connections.unwrap().len(), 300);
}

#[test]
fn a_port_in_use_is_reported_with_its_setting() {
    let holder = bind("127.0.0.1:0".parse().unwrap(), "RESOURCE__LISTEN").unwrap();
    let taken = holder.local_addr().unwrap();

    let error = bind(taken, "RESOURCE__LISTEN").unwrap_err().to_string();

    assert!(error.starts_with(&format!("RESOURCE__LISTEN: {taken} is already in use")), "{error}");
}
