//! Asks the quote service what a parcel costs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::carrier::Item;

const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Serialize, Deserialize)]
pub struct Cost {
    pub currency_code: String,
    pub units: i64,
    pub nanos: i32,
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(TIMEOUT).build().unwrap_or_default()
}

pub async fn ask(client: &reqwest::Client, items: &[Item]) -> Result<Cost, reqwest::Error> {
    let count: i64 = items.iter().map(|item| i64::from(item.quantity)).sum();
    let address = std::env::var("QUOTE_ADDR").unwrap_or_default();
    let dollars: f64 = client
        .post(format!("{address}/getquote"))
        .json(&serde_json::json!({ "numberOfItems": count }))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let cents = (dollars * 100.0).round() as i64;
    Ok(Cost { currency_code: "USD".into(), units: cents / 100, nanos: (cents % 100) as i32 * 10_000_000 })
}
