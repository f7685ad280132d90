//! The time zones of the United States by their everyday names; each stands for all that keep the same hours today.

use chrono_tz::{America, Pacific, Tz};

/// Puerto Rico, the Virgin Islands; no summer time.
pub(super) const ATLANTIC: Tz = America::Puerto_Rico;
pub(super) const EASTERN: Tz = America::New_York;
pub(super) const CENTRAL: Tz = America::Chicago;
pub(super) const MOUNTAIN: Tz = America::Denver;
/// Mountain time without summer time; the Navajo Nation within it keeps `MOUNTAIN`.
pub(super) const ARIZONA: Tz = America::Phoenix;
pub(super) const PACIFIC: Tz = America::Los_Angeles;
pub(super) const ALASKA: Tz = America::Anchorage;
pub(super) const ALEUTIANS: Tz = America::Adak;
/// No summer time.
pub(super) const HAWAII: Tz = Pacific::Honolulu;
/// The Northern Marianas and Chuuk too.
pub(super) const GUAM: Tz = Pacific::Guam;
pub(super) const SAMOA: Tz = Pacific::Pago_Pago;
/// Of the freely associated states, which have ZIP codes.
pub(super) const PALAU: Tz = Pacific::Palau;
pub(super) const MARSHALLS: Tz = Pacific::Majuro;

/// All of the United States, its territories too: where a person of whom nothing is known may be.
pub(super) const ALL: [Tz; 11] =
    [ATLANTIC, EASTERN, CENTRAL, MOUNTAIN, ARIZONA, PACIFIC, ALASKA, ALEUTIANS, HAWAII, GUAM, SAMOA];
