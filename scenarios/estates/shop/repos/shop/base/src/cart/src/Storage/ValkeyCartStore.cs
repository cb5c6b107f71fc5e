// Carts in Valkey: one hash a user, field "cart", the protobuf message as value.

using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Shop.Cart.Proto;
using StackExchange.Redis;

namespace Shop.Cart.Storage;

public sealed class ValkeyCartStore : ICartStore
{
    private const string Field = "cart";
    private const int RetryAfterMs = 1000;

    private readonly ILogger<ValkeyCartStore> _log;
    private readonly ConfigurationOptions _options;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private readonly TimeSpan _ttl;
    private volatile ConnectionMultiplexer? _valkey;

    public ValkeyCartStore(ILogger<ValkeyCartStore> log, string address, TimeSpan ttl)
    {
        _log = log;
        _ttl = ttl;
        _options = ConfigurationOptions.Parse(address);
        _options.ConnectRetry = 30;
        _options.ReconnectRetryPolicy = new ExponentialRetry(RetryAfterMs);
        _options.KeepAlive = 180;
        _options.SyncTimeout = 2000;
        _options.AbortOnConnectFail = false;
    }

    public async Task AddItemAsync(string userId, string productId, int quantity)
    {
        var db = await DatabaseAsync();
        var cart = await ReadAsync(db, userId);
        var existing = cart.Items.FirstOrDefault(item => item.ProductId == productId);
        if (existing is null)
        {
            cart.Items.Add(new CartItem { ProductId = productId, Quantity = quantity });
        }
        else
        {
            existing.Quantity += quantity;
        }

        await WriteAsync(db, userId, cart);
    }

    /// <summary>Only the user's own "empty" and a placed order come here. Nothing in this service removes items.</summary>
    public async Task EmptyCartAsync(string userId)
    {
        var db = await DatabaseAsync();
        await WriteAsync(db, userId, new Proto.Cart { UserId = userId });
        _log.LogInformation("EmptyCartAsync called with userId={UserId}", userId);
    }

    public async Task<Proto.Cart> GetCartAsync(string userId)
    {
        var db = await DatabaseAsync();
        return await ReadAsync(db, userId);
    }

    public bool Ping() => _valkey is { IsConnected: true } valkey && valkey.GetDatabase().Ping() < TimeSpan.FromSeconds(1);

    private static async Task<Proto.Cart> ReadAsync(IDatabase db, string userId)
    {
        var value = await db.HashGetAsync(userId, Field);
        return value.IsNull ? new Proto.Cart { UserId = userId } : Proto.Cart.Parser.ParseFrom((byte[])value!);
    }

    private async Task WriteAsync(IDatabase db, string userId, Proto.Cart cart)
    {
        await db.HashSetAsync(userId, Field, cart.ToByteArray());
        await db.KeyExpireAsync(userId, _ttl);
    }

    private async Task<IDatabase> DatabaseAsync()
    {
        if (_valkey is { IsConnected: true } connected)
        {
            return connected.GetDatabase();
        }

        await _connecting.WaitAsync();
        try
        {
            if (_valkey is not { IsConnected: true })
            {
                _valkey?.Dispose();
                var watch = Stopwatch.StartNew();
                _valkey = await ConnectionMultiplexer.ConnectAsync(_options);
                _log.LogInformation("connected to Valkey in {Milliseconds} ms", watch.ElapsedMilliseconds);
            }
        }
        catch (RedisConnectionException problem)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"can't reach cart storage: {problem.Message}"));
        }
        finally
        {
            _connecting.Release();
        }

        return _valkey.GetDatabase();
    }
}
