# Sends order confirmations.

require "net/smtp"
require "json"
require "sinatra"
require_relative "letter"

set :port, ENV.fetch("EMAIL_PORT")
set :bind, "0.0.0.0"
set :logging, false

LOG = JsonLog.new($stdout)
SMTP_HOST, SMTP_PORT = ENV.fetch("SMTP_ADDR").split(":")

post "/order-confirmation" do
  data = JSON.parse(request.body.read, symbolize_names: true)
  letter = Letter.confirmation(data.fetch(:email), data.fetch(:order))
  Net::SMTP.start(SMTP_HOST, SMTP_PORT.to_i, open_timeout: 2, read_timeout: 5) do |smtp|
    smtp.send_message(letter.to_s, ENV.fetch("MAIL_FROM"), letter.to)
  end
  LOG.info("confirmation sent", order_id: data[:order][:orderId])
  status 200
rescue KeyError => e
  LOG.warn("bad request", error: e.message)
  halt 400, e.message
rescue Net::OpenTimeout, Net::ReadTimeout => e
  LOG.error("mail server timed out", error: e.class.name)
  halt 504, e.message
end

get "/healthz" do
  "ok"
end
