// The books: one ledger a currency, in PostgreSQL.

using Npgsql;
using Shop.Events;

namespace Shop.Accounting.Ledgers;

internal sealed record Ledger(string Currency, NpgsqlDataSource Db)
{
    public bool Has(string orderId)
    {
        using var command = Db.CreateCommand("select 1 from accounting.entry where order_id = $1 and currency = $2");
        command.Parameters.AddWithValue(orderId);
        command.Parameters.AddWithValue(Currency);
        return command.ExecuteScalar() is not null;
    }
}

internal sealed class LedgerBook
{
    private readonly NpgsqlDataSource _db;

    public LedgerBook(string connection, string currencies)
    {
        _db = NpgsqlDataSource.Create(connection);
        Ledgers = [.. currencies.Split(',').Select(currency => new Ledger(currency.Trim(), _db))];
    }

    public IReadOnlyList<Ledger> Ledgers { get; }

    public void Write(OrderPlaced order)
    {
        using var command = _db.CreateCommand(
            "insert into accounting.entry (order_id, currency, units, nanos, transaction_id, placed_at) values ($1, $2, $3, $4, $5, $6)");
        command.Parameters.AddWithValue(order.Order.OrderId);
        command.Parameters.AddWithValue(order.Total.CurrencyCode);
        command.Parameters.AddWithValue(order.Total.Units);
        command.Parameters.AddWithValue(order.Total.Nanos);
        command.Parameters.AddWithValue(order.TransactionId);
        command.Parameters.AddWithValue(DateTimeOffset.FromUnixTimeMilliseconds(order.PlacedAtMs));
        command.ExecuteNonQuery();
    }
}
