//! Who changes something by these commands, for the audit log.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::time::Timestamp;
use serde_json::Value;

use crate::clock::Clock;
use crate::store::audit::{self, Entry};
use crate::store::{StoreError, Tx};

#[derive(Debug, clap::Args)]
pub(super) struct Actor {
    /// Who does this, for the audit log [default: $USER, else `cli`]
    #[arg(long, value_name = "NAME", value_parser = super::arguments::name)]
    actor: Option<String>,
}

impl Actor {
    pub(super) fn name(&self) -> String {
        let user = || std::env::var("USER").ok().filter(|user| super::arguments::name(user).is_ok());
        self.actor.clone().or_else(user).unwrap_or_else(|| "cli".to_owned())
    }

    /// Appends a change to the audit log, in the transaction of the change.
    pub(super) async fn record(
        &self,
        tx: &mut Tx,
        change: Change<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Change { action, subject, tenant, before, after } = change;
        let actor = self.name();
        audit::append(tx, &Entry { actor: &actor, action, subject, tenant, before, after }, now).await
    }
}

/// What was changed, before and after.
pub(super) struct Change<'a> {
    /// `tenant.add`: the family and the verb.
    pub(super) action: &'a str,
    pub(super) subject: &'a str,
    pub(super) tenant: Option<&'a TenantId>,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

/// The time of a command.
pub(super) fn now() -> Timestamp {
    Clock::system().now()
}
