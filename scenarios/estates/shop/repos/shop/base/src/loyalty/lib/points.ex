defmodule Loyalty.Points do
  @moduledoc "Points for orders: one for each whole euro."

  require Logger
  alias Loyalty.{Repo, Account}

  @doc "Gives the points of one order, once."
  def award(%{order_id: id, user_id: user, euros: euros}) do
    points = round(euros)

    case Repo.insert_entry(id, user, points) do
      {:ok, _} ->
        Logger.info("order=#{id} user=#{user} points=#{points}")
        Account.refresh(user)

      {:error, :duplicate} ->
        Logger.debug("order=#{id} has its points already")
        :ok

      {:error, reason} ->
        Logger.warning("order=#{id} no points: #{inspect(reason)}")
        {:retry, 5_000}
    end
  end
end
