defmodule Loyalty.Consumer do
  @moduledoc "Reads the orders topic and hands each order to `Loyalty.Points`."

  use Broadway
  alias Broadway.Message

  def start_link(_opts) do
    Broadway.start_link(__MODULE__,
      name: __MODULE__,
      producer: [
        module:
          {BroadwayKafka.Producer,
           hosts: System.fetch_env!("KAFKA_ADDR"),
           group_id: System.get_env("KAFKA_CONSUMER_GROUP", "loyalty"),
           topics: ["orders"]},
        concurrency: 1
      ],
      processors: [default: [concurrency: 4]]
    )
  end

  @impl true
  def handle_message(_processor, %Message{data: data} = message, _context) do
    data |> Shop.OrderPlaced.decode() |> Loyalty.Order.summary() |> Loyalty.Points.award()
    message
  end
end
