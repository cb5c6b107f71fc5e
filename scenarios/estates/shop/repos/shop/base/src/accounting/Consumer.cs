// Reads placed orders from Kafka and books them.

using System.Diagnostics;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Shop.Accounting.Ledgers;
using Shop.Events;

namespace Shop.Accounting;

/// <summary>
/// The consumer of the topic "orders". One replica only: the ledgers are written by one hand.
/// </summary>
internal sealed class Consumer : IDisposable
{
    private const string Topic = "orders";

    private readonly ILogger<Consumer> _log;
    private readonly LedgerBook _book;
    private readonly PendingOrders _pending;
    private readonly string _brokers;
    private readonly string _group;
    private IConsumer<string, byte[]>? _consumer;

    public Consumer(ILogger<Consumer> log, LedgerBook book, PendingOrders pending)
    {
        _log = log;
        _book = book;
        _pending = pending;
        _brokers = Environment.GetEnvironmentVariable("KAFKA_ADDR")
            ?? throw new InvalidOperationException("KAFKA_ADDR not configured");
        _group = Environment.GetEnvironmentVariable("KAFKA_CONSUMER_GROUP") ?? "accounting";
    }

    /// <summary>Books orders until the process is told to stop.</summary>
    public void Run(CancellationToken stop)
    {
        // Each ledger gets the orders that were placed since we last booked one, so that
        // an order that is delivered twice is booked once.
        _pending.Read(_brokers, _group, Topic, _book.Ledgers, stop);

        _consumer = BuildConsumer();
        _consumer.Subscribe(Topic);
        _log.LogInformation("consuming {Topic} as {Group}", Topic, _group);

        while (!stop.IsCancellationRequested)
        {
            try
            {
                var record = _consumer.Consume(stop);
                Book(record);
                _consumer.Commit(record);
            }
            catch (ConsumeException problem)
            {
                _log.LogError(problem, "consume failed: {Reason}", problem.Error.Reason);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
    }

    private void Book(ConsumeResult<string, byte[]> record)
    {
        var order = OrderPlaced.Parser.ParseFrom(record.Message.Value);
        using var activity = Telemetry.Source.StartActivity("book order", ActivityKind.Consumer);
        activity?.SetTag("app.order.id", order.Order.OrderId);
        activity?.SetTag("messaging.kafka.message.offset", record.Offset.Value);

        if (_pending.IsBooked(order.Order.OrderId))
        {
            _log.LogInformation("order {OrderId} is booked already", order.Order.OrderId);
            return;
        }

        _book.Write(order);
        _pending.Forget(order.Order.OrderId);
        Telemetry.OrdersProcessed.Add(1);
        _log.LogInformation(
            "booked order {OrderId} {Amount} {Currency} offset={Offset}",
            order.Order.OrderId, order.Total.Units, order.Total.CurrencyCode, record.Offset.Value);
    }

    private IConsumer<string, byte[]> BuildConsumer()
    {
        var config = new ConsumerConfig
        {
            GroupId = _group,
            BootstrapServers = _brokers,
            ClientId = "accounting",
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            SessionTimeoutMs = 45000,
            HeartbeatIntervalMs = 3000,
            MaxPollIntervalMs = 300000,
        };

        return new ConsumerBuilder<string, byte[]>(config)
            .SetErrorHandler((_, e) => _log.LogWarning("kafka: {Reason}", e.Reason))
            .SetPartitionsAssignedHandler((_, p) => _log.LogInformation("assigned {Partitions}", string.Join(", ", p)))
            .SetPartitionsRevokedHandler((_, p) => _log.LogInformation("revoked {Partitions}", string.Join(", ", p)))
            .Build();
    }

    public void Dispose()
    {
        _consumer?.Close();
        _consumer?.Dispose();
    }
}
