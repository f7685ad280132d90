//! Which network addresses are public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Whether an address is one of the public internet: not this machine, not a private network, not a special range
/// (IANA special-purpose registries), also not one of those wrapped in an IPv6 address.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match (a, b, c) {
        (0 | 10 | 127, _, _) => true,           // this network, private, loopback
        (100, 64..=127, _) => true,             // carrier-grade NAT
        (169, 254, _) => true,                  // link-local: cloud metadata lives here
        (172, 16..=31, _) => true,              // private
        (192, 0, 0 | 2) => true,                // protocol assignments, documentation
        (192, 88, 99) => true,                  // 6to4 relays
        (192, 168, _) => true,                  // private
        (198, 18 | 19, _) => true,              // benchmarks
        (198, 51, 100) | (203, 0, 113) => true, // documentation
        (224.., _, _) => true,                  // multicast, reserved, broadcast
        _ => false,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let low = |hi: u16, lo: u16| Ipv4Addr::new((hi >> 8) as u8, hi as u8, (lo >> 8) as u8, lo as u8);
    match s {
        // ::, ::1, mapped and compatible: whoever writes a v4 address this way has something to hide.
        [0, 0, 0, 0, 0, _, _, _] => false,
        [0x64, 0xff9b, 0, 0, 0, 0, hi, lo] => is_public_v4(low(hi, lo)), // NAT64
        [0x64, 0xff9b, ..] => false,
        [0x2002, hi, lo, ..] => is_public_v4(low(hi, lo)), // 6to4
        [0x2001, b, ..] if b < 0x200 => false,             // Teredo, ORCHID, benchmarks
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false, // documentation
        [a, ..] => (a & 0xe000) == 0x2000,                 // global unicast is 2000::/3, all else is not
    }
}

/// The public ones of the addresses a name resolved to; an error when a single one is not, since a name that points
/// inward as well is an attack and not an accident.
pub(super) fn all_public(addresses: Vec<SocketAddr>) -> Option<Vec<SocketAddr>> {
    (!addresses.is_empty() && addresses.iter().all(|a| is_public(a.ip()))).then_some(addresses)
}
