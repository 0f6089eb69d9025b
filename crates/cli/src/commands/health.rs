//! `yuyi health`: asks the server's `/health` once, since images without a shell have no `curl`.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{anyhow, bail};

use crate::args::HealthArgs;
use crate::terminal;

/// More of an answer than this is not read.
const MOST: u64 = 64 << 10;

/// Succeeds when the server answers that it is alive and ready.
pub fn run(args: &HealthArgs) -> anyhow::Result<()> {
    let at = format!("{}:{}", args.host, args.port);
    let timeout = Duration::from_secs(args.timeout);
    let answer = address(&args.host, args.port)
        .and_then(|address| ask(address, timeout))
        // As text: a connection that breaks is no reader of standard output that has had enough.
        .map_err(|error| anyhow!("The server at {at} does not answer: {error}"))?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    let body = answer.split_once("\r\n\r\n").unwrap_or_default().1;
    if status != "200" {
        bail!("The server at {at} answers {status}: {body}");
    }
    writeln!(terminal::shared_stdout(), "{body}")?;
    Ok(())
}

/// Where a server that listens on `host` is reached from this machine.
fn address(host: &str, port: u16) -> io::Result<SocketAddr> {
    let mut address = (host, port)
        .to_socket_addrs()?
        .next()
        .ok_or(io::ErrorKind::NotFound)?;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    Ok(address)
}

fn ask(address: SocketAddr, timeout: Duration) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    let request = format!("GET /health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(MOST).read_to_string(&mut answer)?;
    Ok(answer)
}
