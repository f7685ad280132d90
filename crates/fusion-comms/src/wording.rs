//! The words of a text: the agency's own template of that language if it keeps the rules, else ours.

use fusion_comms_core::sms::decide::ReplyKind;
use fusion_comms_core::sms::templates::{Kind, Template};
use fusion_comms_core::sms::{Language, replies};

use crate::store::tenants::Tenant;
use crate::store::{StoreError, Tx, templates};

/// A text of an agency that carries a payment link.
pub(crate) async fn with_link(
    tx: &mut Tx,
    tenant: &Tenant,
    kind: Kind,
    language: Language,
    link: &str,
) -> Result<String, StoreError> {
    let template = template(tx, tenant, kind, language).await?;
    Ok(template.render(&tenant.sender(), link))
}

/// An answer: in an agency's name, or in nobody's where several share the number.
pub(crate) async fn reply(
    tx: &mut Tx,
    tenant: Option<&Tenant>,
    kind: ReplyKind,
    language: Language,
) -> Result<String, StoreError> {
    let Some(tenant) = tenant else { return Ok(replies::neutral(kind, language).to_owned()) };
    let template = template(tx, tenant, kind.into(), language).await?;
    Ok(template.render(&tenant.sender(), ""))
}

/// One that was written past the command line, or under older rules, may break the rules: it is not used.
async fn template(
    tx: &mut Tx,
    tenant: &Tenant,
    kind: Kind,
    language: Language,
) -> Result<Template, StoreError> {
    let standard = || Template::standard(kind, language);
    let Some(body) = templates::get(&mut *tx, &tenant.id, kind, language).await? else {
        return Ok(standard());
    };
    Ok(Template::parse(kind, language, &body).unwrap_or_else(|faults| {
        tracing::warn!(
            tenant_id = %tenant.id, kind = kind.as_str(), language = language.as_str(), faults = faults.len(),
            "an agency's template breaks the rules and is not used; see `fusion-comms template check`"
        );
        standard()
    }))
}
