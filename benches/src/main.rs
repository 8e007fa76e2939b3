//! I/O. `make bench`: measures the gate beside its peers, and tells.

fn main() {}
