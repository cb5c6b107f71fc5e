//! Quotes and books parcels.

use actix_web::{App, HttpResponse, HttpServer, post, web};
use serde::{Deserialize, Serialize};

mod carrier;
mod quote;

#[derive(Deserialize)]
struct Parcel {
    address: carrier::Address,
    items: Vec<carrier::Item>,
}

#[derive(Serialize)]
struct Booked<'a> {
    tracking_id: &'a str,
}

#[post("/quote")]
async fn price(parcel: web::Json<Parcel>, client: web::Data<reqwest::Client>) -> HttpResponse {
    match quote::ask(&client, &parcel.items).await {
        Ok(cost) => HttpResponse::Ok().json(cost),
        Err(error) => {
            tracing::error!(%error, "quote failed");
            HttpResponse::BadGateway().body(error.to_string())
        }
    }
}

/// Books the parcel, then streams its label for as long as the caller reads it.
#[post("/ship")]
async fn ship(parcel: web::Json<Parcel>) -> HttpResponse {
    let booking = carrier::book(&parcel.address, &parcel.items);
    tracing::info!(tracking_id = %booking.tracking_id, country = %parcel.address.country, "parcel booked");
    let head = Booked { tracking_id: &booking.tracking_id };
    HttpResponse::Ok()
        .insert_header(("X-Tracking-Id", head.tracking_id.to_owned()))
        .streaming(booking.label)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt().json().init();
    let port: u16 = std::env::var("SHIPPING_PORT").ok().and_then(|p| p.parse().ok()).unwrap_or(50050);
    let client = web::Data::new(quote::client());
    tracing::info!(port, "shipping listening");
    HttpServer::new(move || App::new().app_data(client.clone()).service(price).service(ship))
        .bind(("0.0.0.0", port))?
        .run()
        .await
}
