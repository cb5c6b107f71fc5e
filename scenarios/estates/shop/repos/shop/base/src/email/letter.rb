# One letter, from the template of its kind.
require "erb"
require "logger"

class Letter
  attr_reader :to

  def self.confirmation(to, order)
    new(to, "Your order #{order[:orderId]}", ERB.new(File.read("views/confirmation.erb")).result_with_hash(order: order))
  end

  def initialize(to, subject, body)
    @to = to
    @subject = subject
    @body = body
  end

  def to_s
    ["To: #{@to}", "Subject: #{@subject}", "Content-Type: text/html; charset=utf-8", "", @body].join("\r\n")
  end
end

class JsonLog
  def initialize(io) = @logger = Logger.new(io, formatter: ->(level, time, _, fields) { "#{{ level:, time: time.utc.iso8601(3), **fields }.to_json}\n" })

  %i[info warn error].each do |level|
    define_method(level) { |message, **fields| @logger.public_send(level, { message:, **fields }) }
  end
end
