//! The payer of `simulate call --pay`: opens the link of a text, pays on the simulated Stripe's page, and looks whether the
//! service has heard of it. What it knows of the service is what a handset and a browser know.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::{Client, Response, redirect};

use crate::sim::Sim;

/// How long the service may take to work Stripe's webhook.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks: a visitor may open a link each second.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the payer did, a line each.
pub(super) async fn pay(sim: &Sim) -> anyhow::Result<Vec<String>> {
    let texts = sim.telnyx.texts();
    let mut links = texts.iter().flat_map(|text| text.text.split_whitespace()).filter(|word| is_link(word));
    let link =
        links.next_back().context("No text holds a link. Hint: `trace call` of the service says why")?;
    let http = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .context("The payer could not set up an HTTP client")?;
    let page = checkout(&http, link).await?;
    let id = page.strip_prefix(&format!("{}/pay/", sim.base())).and_then(|id| id.split(['#', '?']).next());
    let id = id.context(
        "The link leads to another Stripe than the one that is played here. Hint: STRIPE_API_BASE",
    )?;
    let amount = sim.stripe.session(id).map_or(0, |session| session.amount);
    let shown = http
        .get(&page)
        .send()
        .await
        .map_err(reqwest::Error::without_url)
        .context("Stripe's page cannot be opened")?;
    ensure!(shown.status().is_success(), "Stripe's page answers {}", shown.status());
    sim.stripe.pay(id).await.context("The payment was not possible")?;
    let heard = sim.stripe.deliveries().last().is_some_and(|delivery| delivery.delivered);
    ensure!(
        heard,
        "The service did not take Stripe's webhook. Hint: its STRIPE_WEBHOOK_SECRET must be the one printed above"
    );
    let steps = vec![
        "opens the link, which leads to Stripe's page".to_owned(),
        format!("pays {}.{:02}; Stripe tells the service", amount / 100, amount % 100),
        "opens the link again, which says that the bill is paid".to_owned(),
    ];
    known(&http, link).await.map(|()| steps)
}

fn is_link(word: &str) -> bool {
    word.starts_with("http") && word.contains("/p/")
}

async fn open(http: &Client, link: &str) -> anyhow::Result<Response> {
    // Without the address: whoever has it may pay, and see whose bill it is.
    let answer = http.get(link).send().await.map_err(reqwest::Error::without_url);
    answer.context("The link cannot be opened. Hint: PUBLIC_BASE_URL must lead to the service from here")
}

/// Where the short link leads.
async fn checkout(http: &Client, link: &str) -> anyhow::Result<String> {
    let answer = open(http, link).await?;
    let to = answer.headers().get("location").and_then(|to| to.to_str().ok());
    to.map(str::to_owned).with_context(|| format!("The link leads nowhere: {}", answer.status()))
}

/// The link leads to Stripe until the service knows that the bill is paid; then it is a page that says so.
async fn known(http: &Client, link: &str) -> anyhow::Result<()> {
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        if open(http, link).await?.status().is_success() {
            return Ok(());
        }
        if tokio::time::Instant::now() >= end {
            bail!(
                "The service has taken Stripe's webhook and still has the bill as open. Hint: `doctor`, `payments.events`"
            );
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
