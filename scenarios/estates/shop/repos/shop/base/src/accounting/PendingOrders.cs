// What was placed since the last booked order, ledger by ledger.

using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Shop.Accounting.Ledgers;
using Shop.Events;

namespace Shop.Accounting;

/// <summary>
/// Orders between the committed offset and the end of the topic. Read once, at the start, with
/// one short membership of the group for each ledger; nothing is committed here.
/// </summary>
internal sealed class PendingOrders(ILogger<PendingOrders> log)
{
    private readonly HashSet<string> _booked = [];

    public bool IsBooked(string orderId) => _booked.Contains(orderId);

    public void Forget(string orderId) => _booked.Remove(orderId);

    public void Read(string brokers, string group, string topic, IReadOnlyList<Ledger> ledgers, CancellationToken stop)
    {
        foreach (var ledger in ledgers)
        {
            using var reader = new ConsumerBuilder<string, byte[]>(new ConsumerConfig
            {
                GroupId = group,
                BootstrapServers = brokers,
                ClientId = $"accounting-{ledger.Currency}",
                AutoOffsetReset = AutoOffsetReset.Earliest,
                EnableAutoCommit = false,
                EnablePartitionEof = true,
            }).Build();

            reader.Subscribe(topic);
            ReadToEnd(reader, ledger, stop);
            reader.Close();
        }
    }

    private void ReadToEnd(IConsumer<string, byte[]> reader, Ledger ledger, CancellationToken stop)
    {
        long? first = null;
        var seen = 0;
        while (true)
        {
            var record = reader.Consume(stop);
            if (record.IsPartitionEOF)
            {
                break;
            }

            if (first is null)
            {
                first = record.Offset.Value;
                CheckForGap(reader, record);
            }

            var order = OrderPlaced.Parser.ParseFrom(record.Message.Value);
            if (order.Total.CurrencyCode == ledger.Currency && ledger.Has(order.Order.OrderId))
            {
                _booked.Add(order.Order.OrderId);
            }

            seen++;
        }

        log.LogInformation("ledger {Currency}: {Seen} pending orders read from offset {First}", ledger.Currency, seen, first);
    }

    // The broker hands out its oldest record when ours is gone.
    private void CheckForGap(IConsumer<string, byte[]> reader, ConsumeResult<string, byte[]> record)
    {
        var committed = reader.Committed([record.TopicPartition], TimeSpan.FromSeconds(5))[0].Offset;
        if (committed != Offset.Unset && committed.Value < record.Offset.Value)
        {
            log.LogError(
                "Offset gap detected on {Topic}[{Partition}]: expected {Expected}, got {Got}; {Missing} messages are no longer on the broker",
                record.Topic, record.Partition.Value, committed.Value, record.Offset.Value, record.Offset.Value - committed.Value);
        }
    }
}
