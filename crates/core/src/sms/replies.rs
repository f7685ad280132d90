//! Our own wording: the templates that every agency begins with, and the texts that name no agency. GSM-7 characters only.
//!
//! A number that agencies share, with none of them known to have texted the person, answers with the neutral ones.

use super::Language::{self, English, Spanish};
use super::decide::ReplyKind;
use super::templates::Kind;

/// The template of an agency that has none of its own.
pub(super) fn standard(kind: Kind, language: Language) -> &'static str {
    match (kind, language) {
        (Kind::PaymentLink, English) => "{agency_name}: pay your bill at {link} Reply STOP to opt out.",
        (Kind::PaymentLink, Spanish) => {
            "{agency_name}: pague su factura en {link} Responda ALTO para no recibir mas."
        }
        (Kind::BillReady, English) => {
            "{agency_name}: your bill is ready. Pay at {link} Reply STOP to opt out."
        }
        (Kind::BillReady, Spanish) => {
            "{agency_name}: su factura esta lista: {link} Responda ALTO para no recibir mas."
        }
        // 47 CFR 64.1200(a)(12): who, that it is done, how to come back. No marketing.
        (Kind::StopConfirmation, English) => {
            "{agency_name}: You are opted out and will get no more texts from us. Questions? Call {phone}. Reply START to get texts again."
        }
        (Kind::StopConfirmation, Spanish) => {
            "{agency_name}: Usted ya no recibira mensajes de texto nuestros. Preguntas? Llame al {phone}. Responda START para volver a recibirlos."
        }
        (Kind::Help, English) => {
            "{agency_name}: call {phone}[, {hours}]. Reply STOP to stop. Msg&data rates may apply. Emergency? Call 911."
        }
        (Kind::Help, Spanish) => {
            "{agency_name}: llame al {phone}[, {hours}]. Responda ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos. Emergencia? Llame al 911."
        }
        (Kind::StartConfirmation, English) => {
            "{agency_name}: You will get billing texts again. Reply HELP for help, STOP to stop. Msg&data rates may apply."
        }
        (Kind::StartConfirmation, Spanish) => {
            "{agency_name}: Usted volvera a recibir mensajes de cobro. Responda AYUDA para ayuda, ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos."
        }
    }
}

/// The answer in nobody's name.
pub fn neutral(kind: ReplyKind, language: Language) -> &'static str {
    match (kind, language) {
        (ReplyKind::StopConfirmation, English) => {
            "You are opted out and will get no more texts from us. Reply START to get texts again."
        }
        (ReplyKind::StopConfirmation, Spanish) => {
            "Usted ya no recibira mensajes de texto nuestros. Responda START para volver a recibirlos."
        }
        (ReplyKind::Help, English) => {
            "Ambulance billing texts: Reply STOP to stop. Msg&data rates may apply. Emergency? Call 911."
        }
        (ReplyKind::Help, Spanish) => {
            "Mensajes de cobro de ambulancia: Responda ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos. Emergencia? Llame al 911."
        }
        (ReplyKind::StartConfirmation, English) => {
            "You will get billing texts again. Reply HELP for help, STOP to stop. Msg&data rates may apply."
        }
        (ReplyKind::StartConfirmation, Spanish) => {
            "Usted volvera a recibir mensajes de cobro. Responda AYUDA para ayuda, ALTO para no recibir mas. Pueden aplicar tarifas de mensajes y datos."
        }
    }
}
