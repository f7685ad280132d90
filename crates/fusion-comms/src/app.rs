//! What every part of the running service shares.

use std::sync::Arc;

use fusion_comms_core::phone::E164;

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::filing::Filing;
use crate::media::MediaClient;
use crate::queue::Queue;
use crate::store::Db;
use crate::stripe::Stripe;
use crate::telnyx::Telnyx;
use crate::wake::Wake;

pub type App = Arc<Parts>;

/// The world, as the workers reach it.
pub struct Parts {
    pub db: Db,
    pub clock: Clock,
    pub wake: Arc<Wake>,
    pub telnyx: Telnyx,
    pub stripe: Stripe,
    pub media: MediaClient,
    pub blobs: Blobs,
    pub queue: Arc<dyn Queue>,
    pub filing: Filing,
    pub settings: Settings,
}

/// What the rules need of the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Texts leave from here where the agency has no number of its own.
    pub default_number: E164,
    pub default_profile: String,
    /// No trailing slash.
    pub audio_base: String,
    /// No trailing slash.
    pub public_base: String,
    /// Names this process among its like; a restart of the same one takes its leases back.
    pub owner: String,
    /// Our Stripe key is a live one: test events have no effect, and the other way round.
    pub stripe_live: bool,
}
