//! Agencies and the numbers they own.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::templates::Agency;
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Reader, Result, Tx};
use super::error::StoreError;
use super::menu::{self, Menu};
use super::row::Row;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    pub id: TenantId,
    pub name: String,
    pub billing_phone: E164,
    pub stripe_account: Option<String>,
    pub timezone: String,
    pub messaging_profile: Option<String>,
    pub menu: Menu,
    /// Lifting an opt-out by hand takes two people.
    pub lift_by_two: bool,
}

impl Tenant {
    /// What its texts say of it: its name, its billing phone as people write it, its office hours.
    pub fn sender(&self) -> Agency {
        let p = self.billing_phone.expose();
        let phone = match p.strip_prefix("+1") {
            Some(d) if d.len() == 10 => format!("({}) {}-{}", &d[..3], &d[3..6], &d[6..]),
            _ => p.to_owned(),
        };
        Agency { name: self.name.clone(), phone, hours: self.menu.office_hours.clone() }
    }
}

/// What a number is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Voice,
    Sms,
    Fax,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Voice => "billing_voice",
            Purpose::Sms => "billing_sms",
            Purpose::Fax => "billing_fax",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Purpose::Voice, Purpose::Sms, Purpose::Fax].into_iter().find(|p| p.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    pub phone: E164,
    pub purpose: Purpose,
    pub tenant: TenantId,
    pub forward_to: Option<E164>,
}

fn phone_of(row: &Row, column: &'static str) -> Result<Option<E164>> {
    let bad = StoreError::Corrupt { column, source: Box::new(sqlx::Error::RowNotFound) };
    row.opt_text(column)?.map(|t| E164::parse(&t)).transpose().map_err(|_| bad)
}

fn tenant(row: &Row) -> Result<Tenant> {
    let bad =
        StoreError::Corrupt { column: "billing_contact_phone", source: Box::new(sqlx::Error::RowNotFound) };
    Ok(Tenant {
        id: TenantId::new(row.text("id")?),
        name: row.text("name")?,
        billing_phone: phone_of(row, "billing_contact_phone")?.ok_or(bad)?,
        stripe_account: row.opt_text("stripe_connected_account_id")?,
        timezone: row.text("timezone")?,
        messaging_profile: row.opt_text("messaging_profile_id")?,
        menu: menu::menu(row)?,
        lift_by_two: row.flag("lift_by_two")?,
    })
}

/// Adds an agency. False where the id is taken.
pub async fn add(tx: &mut Tx, t: &Tenant, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "INSERT INTO tenants (id, name, billing_contact_phone, stripe_connected_account_id, timezone, messaging_profile_id,
           office_hours, statement_digits, offer_caller_number, read_back, spanish_menu, opt_out_key, lift_by_two,
           created_at, stripe_account_set_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) ON CONFLICT (id) DO NOTHING",
    );
    let q = q
        .bind(&t.id)
        .bind(t.name.as_str())
        .bind(t.billing_phone.expose())
        .bind(t.stripe_account.as_deref())
        .bind(t.timezone.as_str())
        .bind(t.messaging_profile.as_deref())
        .bind(t.menu.office_hours_text())
        .bind(t.menu.statement_digits_text())
        .bind(t.menu.settings.offer_caller_number)
        .bind(t.menu.settings.read_back)
        .bind(t.menu.settings.spanish)
        .bind(t.menu.settings.opt_out_key)
        .bind(t.lift_by_two)
        .bind(now);
    Ok(tx.exec(q).await? == 1)
}

/// Replaces an agency's data. False where there is no such agency.
pub async fn set(tx: &mut Tx, t: &Tenant, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "UPDATE tenants SET name = $2, billing_contact_phone = $3, stripe_connected_account_id = $4, timezone = $5,
           messaging_profile_id = $6, office_hours = $7, statement_digits = $8, offer_caller_number = $9,
           read_back = $10, spanish_menu = $11, opt_out_key = $12, lift_by_two = $13, stripe_account_set_at =
             CASE WHEN stripe_connected_account_id IS DISTINCT FROM $4 THEN $14 ELSE stripe_account_set_at END
         WHERE id = $1",
    );
    let q = q
        .bind(&t.id)
        .bind(t.name.as_str())
        .bind(t.billing_phone.expose())
        .bind(t.stripe_account.as_deref())
        .bind(t.timezone.as_str())
        .bind(t.messaging_profile.as_deref())
        .bind(t.menu.office_hours_text())
        .bind(t.menu.statement_digits_text())
        .bind(t.menu.settings.offer_caller_number)
        .bind(t.menu.settings.read_back)
        .bind(t.menu.settings.spanish)
        .bind(t.menu.settings.opt_out_key)
        .bind(t.lift_by_two)
        .bind(now);
    Ok(tx.exec(q).await? == 1)
}

pub async fn get(r: impl Reader, id: &TenantId) -> Result<Option<Tenant>> {
    let q = r.sql(
        "SELECT id, name, billing_contact_phone, stripe_connected_account_id, timezone, messaging_profile_id,
           office_hours, statement_digits, offer_caller_number, read_back, spanish_menu, opt_out_key, lift_by_two
         FROM tenants WHERE id = $1",
    );
    r.row(q.bind(id)).await?.as_ref().map(tenant).transpose()
}

/// The agency of a connected account; Stripe events are told apart by it and by nothing else.
pub async fn by_account(r: impl Reader, account: &str) -> Result<Option<TenantId>> {
    let q = r.sql("SELECT id FROM tenants WHERE stripe_connected_account_id = $1 ORDER BY id LIMIT 1");
    r.row(q.bind(account)).await?.map(|r| r.text("id").map(TenantId::new)).transpose()
}

/// Takes a connected account from whoever has had it since before that time: no payment can be taken until one is set
/// again.
pub async fn clear_account(tx: &mut Tx, account: &str, before: Timestamp) -> Result<Vec<TenantId>> {
    let q = tx.sql(
        "UPDATE tenants SET stripe_connected_account_id = NULL WHERE stripe_connected_account_id = $1
           AND (stripe_account_set_at IS NULL OR stripe_account_set_at < $2) RETURNING id",
    );
    tx.rows(q.bind(account).bind(before)).await?.iter().map(|r| r.text("id").map(TenantId::new)).collect()
}

pub async fn list(db: &Db) -> Result<Vec<Tenant>> {
    let q = db.sql(
        "SELECT id, name, billing_contact_phone, stripe_connected_account_id, timezone, messaging_profile_id,
           office_hours, statement_digits, offer_caller_number, read_back, spanish_menu, opt_out_key, lift_by_two
         FROM tenants ORDER BY id",
    );
    db.rows(q).await?.iter().map(tenant).collect()
}

/// The agencies whose texts leave under a messaging profile; those without one of their own use the default.
pub async fn on_profile(r: impl Reader, profile: &str, is_default: bool) -> Result<Vec<TenantId>> {
    let q = r.sql(
        "SELECT id FROM tenants WHERE messaging_profile_id = $1 OR ($2 AND messaging_profile_id IS NULL) ORDER BY id",
    );
    r.rows(q.bind(profile).bind(is_default)).await?.iter().map(|r| r.text("id").map(TenantId::new)).collect()
}

/// Whether an agency texts from this number.
pub async fn is_sms_number(r: impl Reader, number: &E164) -> Result<bool> {
    let q = r.sql(
        "SELECT 1 AS one FROM tenant_phone_numbers WHERE phone_e164 = $1 AND purpose = 'billing_sms' LIMIT 1",
    );
    Ok(r.row(q.bind(number.expose())).await?.is_some())
}

/// Messaging profiles that several agencies name, with how many.
pub async fn shared_profiles(db: &Db) -> Result<Vec<(String, i64)>> {
    let q = db.sql(
        "SELECT messaging_profile_id, count(*) AS n FROM tenants WHERE messaging_profile_id IS NOT NULL
         GROUP BY messaging_profile_id HAVING count(*) > 1",
    );
    db.rows(q).await?.iter().map(|r| Ok((r.text("messaging_profile_id")?, r.int("n")?))).collect()
}

fn number(row: &Row) -> Result<Number> {
    let bad = |column| StoreError::Corrupt { column, source: Box::new(sqlx::Error::RowNotFound) };
    Ok(Number {
        phone: phone_of(row, "phone_e164")?.ok_or_else(|| bad("phone_e164"))?,
        purpose: Purpose::parse(&row.text("purpose")?).ok_or_else(|| bad("purpose"))?,
        tenant: TenantId::new(row.text("tenant_id")?),
        forward_to: phone_of(row, "forward_to_phone_e164")?,
    })
}

/// Adds a number or changes where it forwards to.
pub async fn put_number(tx: &mut Tx, n: &Number) -> Result<()> {
    let q = tx.sql(
        "INSERT INTO tenant_phone_numbers (phone_e164, purpose, tenant_id, forward_to_phone_e164) VALUES ($1, $2, $3, $4)
         ON CONFLICT (phone_e164, purpose, tenant_id) DO UPDATE SET forward_to_phone_e164 = excluded.forward_to_phone_e164",
    );
    let q = q
        .bind(n.phone.expose())
        .bind(n.purpose.as_str())
        .bind(&n.tenant)
        .bind(n.forward_to.as_ref().map(E164::expose));
    tx.exec(q).await.map(drop)
}

/// Every agency that has this number for this purpose.
pub async fn of_number(r: impl Reader, phone: &E164, purpose: Purpose) -> Result<Vec<Number>> {
    let q = r.sql(
        "SELECT phone_e164, purpose, tenant_id, forward_to_phone_e164 FROM tenant_phone_numbers
         WHERE phone_e164 = $1 AND purpose = $2 ORDER BY tenant_id",
    );
    r.rows(q.bind(phone.expose()).bind(purpose.as_str())).await?.iter().map(number).collect()
}

/// The number that an agency's texts leave from; `None`: the service's default number.
pub async fn sms_number(r: impl Reader, tenant: &TenantId) -> Result<Option<E164>> {
    let q = r.sql(
        "SELECT phone_e164 FROM tenant_phone_numbers WHERE tenant_id = $1 AND purpose = 'billing_sms'
         ORDER BY phone_e164 LIMIT 1",
    );
    let row = r.row(q.bind(tenant)).await?;
    row.map_or(Ok(None), |row| phone_of(&row, "phone_e164"))
}

pub async fn numbers(db: &Db) -> Result<Vec<Number>> {
    let q = db.sql(
        "SELECT phone_e164, purpose, tenant_id, forward_to_phone_e164 FROM tenant_phone_numbers
         ORDER BY tenant_id, purpose, phone_e164",
    );
    db.rows(q).await?.iter().map(number).collect()
}
