//! How the pools of connections stand, for the metrics.

/// Connections of a pool at work and at rest, and how many there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolUse {
    pub name: &'static str,
    pub in_use: u32,
    pub idle: u32,
    pub limit: u32,
}

impl PoolUse {
    pub(super) fn of<D: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<D>) -> Self {
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        let limit = pool.options().get_max_connections();
        Self { name, in_use: pool.size().saturating_sub(idle), idle, limit }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            in_use: self.in_use + other.in_use,
            idle: self.idle + other.idle,
            limit: self.limit + other.limit,
            ..self
        }
    }
}
