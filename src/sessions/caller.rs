//! Where a request is from, as far as that can be believed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// What a household or a host has of IPv6: whoever has one address of it has them all.
const PREFIX: u8 = 64;

/// The network that counts as one caller: an IPv4 address, or the IPv6 network around one.
///
/// What a proxy says is believed where the proxy is ours: on this machine, or trusted by the settings.
/// Of a list it has added the last entry; those before are what it was told itself.
pub(super) fn network(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> IpNet {
    let peer = peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into()).to_canonical();
    let is_ours = peer.is_loopback() || trusted.iter().any(|network| network.contains(&peer));
    let address = if is_ours { forwarded(headers).unwrap_or(peer) } else { peer };
    match address.to_canonical() {
        address @ IpAddr::V4(_) => address.into(),
        address @ IpAddr::V6(_) => IpNet::new(address, PREFIX).unwrap_or(address.into()).trunc(),
    }
}

/// As it is stored and logged: an address, or a network with its prefix.
pub(super) fn text(network: IpNet) -> String {
    match network {
        IpNet::V4(network) => network.addr().to_string(),
        IpNet::V6(network) => network.to_string(),
    }
}

fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = |name| headers.get_all(name).iter().next_back();
    let value = last("x-forwarded-for").or_else(|| last("x-real-ip"))?;
    let entry = value.to_str().ok()?.rsplit(',').next()?.trim();
    entry.parse().ok().or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header"));
        }
        let trusted = ["192.0.2.0/24".parse().expect("a network")];
        text(network(peer.parse().ok(), &map, &trusted))
    }

    #[test]
    fn a_stranger_is_who_it_is_whatever_it_says() {
        for name in ["x-forwarded-for", "x-real-ip", "forwarded"] {
            assert_eq!(from("198.51.100.7", &[(name, "203.0.113.1")]), "198.51.100.7");
        }
    }

    #[test]
    fn our_proxy_is_believed_by_the_last_entry() {
        for peer in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "192.0.2.9"] {
            let told = |headers: &[(&'static str, &str)]| from(peer, headers);
            assert_eq!(told(&[("x-forwarded-for", "203.0.113.1")]), "203.0.113.1");
            assert_eq!(told(&[("x-forwarded-for", "10.0.0.1, 203.0.113.1 ")]), "203.0.113.1");
            let two = [("x-forwarded-for", "10.0.0.1"), ("x-forwarded-for", "203.0.113.1")];
            assert_eq!(told(&two), "203.0.113.1");
            assert_eq!(told(&[("x-forwarded-for", "203.0.113.1:55")]), "203.0.113.1");
            assert_eq!(told(&[("x-real-ip", "203.0.113.1")]), "203.0.113.1");
        }
        assert_eq!(from("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &[("x-forwarded-for", "10.0.0.1, unknown")]), "127.0.0.1");
    }

    #[test]
    fn neighbours_in_an_ipv6_network_are_one_caller() {
        for peer in ["2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6"] {
            assert_eq!(from(peer, &[]), "2001:db8:1:2::/64");
        }
        assert_eq!(from("::ffff:198.51.100.7", &[]), "198.51.100.7");
        assert_eq!(from("127.0.0.1", &[("x-real-ip", "::ffff:203.0.113.1")]), "203.0.113.1");
    }
}
