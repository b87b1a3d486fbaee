//! Where a request comes from.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use ipnet::IpNet;
use poem::{Request, http::HeaderMap};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The caller's address: the connection's, or, through proxies of ours, what the last of them saw that is not one itself. None
/// where the connection has no address.
pub(crate) fn of(request: &Request, proxies: &[IpNet]) -> Option<IpAddr> {
    let peer = request.remote_addr().as_socket_addr()?.ip();
    Some(behind(peer, request.headers(), proxies))
}

fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let mut nearest = peer.to_canonical();
    if !is_proxy(nearest, proxies) {
        return nearest;
    }
    // What a proxy has added to something unreadable can be read.
    let forwarded = headers.get_all(FORWARDED_FOR).iter();
    let forwarded: Vec<Cow<'_, str>> =
        forwarded.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    for hop in forwarded.iter().flat_map(|value| value.split(',')).rev() {
        // What stands before something that is no address may have been made up.
        let Some(address) = address_of(hop.trim()) else { break };
        nearest = address.to_canonical();
        if !is_proxy(nearest, proxies) {
            break;
        }
    }
    nearest
}

/// Some proxies write the port, too: `198.51.100.1:4711`, `[2001:db8::7]:4711`.
fn address_of(hop: &str) -> Option<IpAddr> {
    let with_port = || hop.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    hop.parse().ok().or_else(with_port)
}

/// Whether `address` is one of a proxy of ours.
pub(crate) fn is_proxy(address: IpAddr, proxies: &[IpNet]) -> bool {
    let address = address.to_canonical();
    proxies.iter().any(|net| net.contains(&address))
}

/// What counts as one caller: with IPv6 a whole /64, which is what one customer is given.
pub(crate) fn caller(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(four) => IpAddr::V4(four),
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let proxies = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        behind(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn only_proxies_of_ours_are_believed() {
        assert_eq!(seen("203.0.113.9", &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.2", &[]), "10.0.0.2");
        assert_eq!(seen("10.0.0.2", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("::ffff:10.0.0.2", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.2", &["6.6.6.6, 198.51.100.1, 10.1.1.1"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.2", &["6.6.6.6", "198.51.100.1,10.1.1.1"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.2", &["6.6.6.6, unknown, 10.1.1.1"]), "10.1.1.1");
        assert_eq!(seen("fd00::1", &["2001:db8::7"]), "2001:db8::7");
    }

    #[test]
    fn an_address_is_read_with_its_port_and_after_anything_else() {
        assert_eq!(seen("10.0.0.2", &["9.9.9.9:80"]), "9.9.9.9");
        assert_eq!(seen("10.0.0.2", &["6.6.6.6, 9.9.9.9:80, 10.1.1.1:443"]), "9.9.9.9");
        assert_eq!(seen("10.0.0.2", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(seen("10.0.0.2", &["6.6.6.6, 9.9.9.9:http, 10.1.1.1"]), "10.1.1.1");
        assert_eq!(seen("10.0.0.2", &["\u{e9}, 9.9.9.9"]), "9.9.9.9");
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let caller = |text: &str| caller(text.parse().unwrap()).to_string();
        assert_eq!(caller("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(caller("198.51.100.1"), "198.51.100.1");
        assert_eq!(caller("::ffff:198.51.100.1"), "198.51.100.1");
    }
}
