//! The health check of a container.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use clap::Args;

use crate::tls::probe;

/// Check whether the service on this machine is ready: exit code 0 if it is, 1 if not.
#[derive(Args)]
pub struct HealthCheck {
    /// Check whether it is live instead.
    #[arg(long)]
    live: bool,
}

impl HealthCheck {
    /// Whether a service responds at this address, with or without TLS.
    pub fn is_live(listen: SocketAddr, has_tls: bool) -> bool {
        Self { live: true }.run(listen, has_tls).is_ok()
    }

    /// Sends a request to the service that listens on this address, with or without TLS.
    ///
    /// # Errors
    /// If it does not respond with 200 within 2 seconds.
    pub fn run(&self, listen: SocketAddr, has_tls: bool) -> io::Result<()> {
        const TIMEOUT: Duration = Duration::from_secs(2);
        const YES: &[u8] = b"HTTP/1.1 200 ";
        let path = if self.live { "/health/live" } else { "/health/ready" };
        let address = reachable(listen);
        let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let mut stream: Box<dyn Stream> = if has_tls { Box::new(probe(stream)?) } else { Box::new(stream) };
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = [0; YES.len()];
        stream.read_exact(&mut answer)?;
        if answer == YES { Ok(()) } else { Err(io::Error::other(format!("{path} did not respond with 200"))) }
    }
}

trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// A service that listens on all addresses is reached on the loopback address.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    /// The health check of a service with this response.
    fn health_check(answer: &'static str) -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, listener.local_addr().unwrap().port()));
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 512]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });

        let healthy = HealthCheck { live: false }.run(address, false);

        server.join().unwrap();
        healthy
    }

    #[test]
    fn only_a_200_is_healthy() {
        assert!(health_check("HTTP/1.1 200 OK\r\n\r\n").is_ok());
        assert!(health_check("HTTP/1.1 503 Service Unavailable\r\n\r\n").is_err());
        assert!(health_check("").is_err());
    }

    #[test]
    fn an_address_without_a_listener_is_unhealthy() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();

        assert!(HealthCheck { live: true }.run(free, false).is_err());
    }
}
