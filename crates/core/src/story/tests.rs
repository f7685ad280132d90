//! From facts to causes.
