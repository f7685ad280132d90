//! What lies between the service and those it needs goes bad and well again: a proxy stands between, and the simulators
//! count what arrived. Afterwards all that is owed is done, and nothing twice.

use std::time::Duration;

use url::Url;

use super::support::app::{LINE, STATEMENT, TestApp};
use super::support::fault_proxy::FaultProxy;
use fusion_comms::sim::telnyx::{CallPlan, Pace};

mod aws;
mod database;
mod providers;

const LONG: Duration = Duration::from_secs(60);

/// Puts a proxy before whoever the variable of the app's environment names.
async fn proxied(app: &mut TestApp, variable: &str) -> FaultProxy {
    let (_, value) = app.env.iter_mut().find(|(name, _)| name == variable).expect("it is set");
    let mut url = Url::parse(value).expect("an address");
    let port = url.port().expect("a port");
    let proxy = FaultProxy::start(([127, 0, 0, 1], port).into()).await;
    url.set_port(Some(proxy.address.port())).expect("it has a port");
    *value = url.as_str().trim_end_matches('/').to_owned();
    proxy
}

fn person(n: usize) -> String {
    format!("+1202555{n:04}")
}

/// A caller who does everything right, and has the link sent to the phone they call from.
fn payer(from: &str, pace: Pace) -> CallPlan {
    CallPlan::new(from, LINE)
        .press("menu", "1")
        .press("collect_statement", &format!("{STATEMENT}#"))
        .press("collect_phone", &format!("{}#", &from[2..]))
        .pace(pace)
}

/// The prompts that a call was asked to play, in order.
fn heard(app: &TestApp, call: &str) -> Vec<String> {
    let name = |body: &serde_json::Value| {
        let url = body["audio_url"].as_str()?;
        Some(url.rsplit('/').next()?.trim_end_matches(".wav").to_owned())
    };
    app.sim.telnyx.commands(call).iter().filter_map(|(_, body)| name(body)).collect()
}
