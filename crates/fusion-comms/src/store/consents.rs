//! Consent on record to texts that an agency begins: `text_consents`. Rows are only added.

use fusion_comms_core::gate::Recipient;
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use fusion_comms_core::time::Timestamp;

use super::db::{Db, Reader, Result, Tx};

/// How consent was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The person gave this number to the agency for its care or its bills.
    GivenNumber,
    Written,
    Spoken,
    /// The person texted START.
    StartText,
}

impl Source {
    pub const ALL: [Source; 4] = [Source::GivenNumber, Source::Written, Source::Spoken, Source::StartText];

    pub fn as_str(self) -> &'static str {
        match self {
            Source::GivenNumber => "given_number",
            Source::Written => "written",
            Source::Spoken => "spoken",
            Source::StartText => "start_text",
        }
    }
}

/// One consent as it is written.
pub struct New<'a> {
    /// Derived from its cause: the same cause is one consent.
    pub id: &'a str,
    pub tenant: &'a TenantId,
    pub phone: &'a E164,
    pub given_at: Timestamp,
    pub source: Source,
    /// Where it can be looked up.
    pub evidence: &'a str,
    pub actor: &'a str,
}

/// Adds a consent; a repeat adds nothing. True where it is new.
pub async fn add(tx: &mut Tx, c: &New<'_>, now: Timestamp) -> Result<bool> {
    let q = tx.sql(
        "INSERT INTO text_consents (consent_id, tenant_id, phone_e164, given_at, source, evidence, actor, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (consent_id) DO NOTHING",
    );
    let q = q
        .bind(c.id)
        .bind(c.tenant)
        .bind(c.phone.expose())
        .bind(c.given_at)
        .bind(c.source.as_str())
        .bind(c.evidence)
        .bind(c.actor)
        .bind(now);
    Ok(tx.exec(q).await? == 1)
}

/// What the gate asks of the person to whom an agency begins a text about this statement.
pub async fn recipient(
    tx: &mut Tx,
    tenant: &TenantId,
    phone: &E164,
    statement: Option<&str>,
) -> Result<Recipient> {
    let q = tx.sql(
        "SELECT (SELECT max(given_at) FROM text_consents WHERE phone_e164 = $2 AND tenant_id = $1) AS consented,
           (SELECT max(opted_out_at) FROM opt_out_history
              WHERE phone_e164 = $2 AND tenant_id IN ($1, 'unassigned')) AS stopped",
    );
    let row = tx.row(q.bind(tenant).bind(phone.expose())).await?;
    let (consented_at, stopped_at) = match row {
        Some(r) => (r.opt_time("consented")?, r.opt_time("stopped")?),
        None => (None, None),
    };
    let q = tx.sql(
        "SELECT DISTINCT c.zip FROM billing_cases c WHERE c.tenant_id = $1 AND c.zip <> '' AND (c.statement_id = $2
           OR c.case_id IN (SELECT s.case_id FROM billing_statements s WHERE s.tenant_id = $1 AND s.statement_id = $2))
         ORDER BY c.zip",
    );
    let rows = tx.rows(q.bind(tenant).bind(statement)).await?;
    let zips = rows.iter().map(|r| r.text("zip")).collect::<Result<_>>()?;
    Ok(Recipient { consented_at, stopped_at, zips })
}

/// A consent as stored.
#[derive(Clone, Debug)]
pub struct Consent {
    pub given_at: Timestamp,
    pub source: String,
    pub evidence: String,
    pub actor: String,
    pub recorded_at: Timestamp,
}

/// All consents of one number at one agency, oldest first.
pub async fn list(db: &Db, tenant: &TenantId, phone: &E164) -> Result<Vec<Consent>> {
    let q = db.sql(
        "SELECT given_at, source, evidence, actor, recorded_at FROM text_consents
         WHERE phone_e164 = $1 AND tenant_id = $2 ORDER BY given_at, recorded_at, consent_id",
    );
    let rows = db.rows(q.bind(phone.expose()).bind(tenant)).await?;
    rows.iter()
        .map(|r| {
            Ok(Consent {
                given_at: r.time("given_at")?,
                source: r.text("source")?,
                evidence: r.text("evidence")?,
                actor: r.text("actor")?,
                recorded_at: r.time("recorded_at")?,
            })
        })
        .collect()
}
