using Shop.Cart;
using Shop.Cart.Storage;

var builder = WebApplication.CreateBuilder(args);
var address = builder.Configuration["VALKEY_ADDR"] ?? throw new InvalidOperationException("VALKEY_ADDR is not set");
var minutes = 10_080;

builder.Services.AddGrpc();
builder.Services.AddGrpcHealthChecks().AddCheck<ValkeyHealth>("valkey");
builder.Services.AddSingleton<ICartStore>(services => new ValkeyCartStore(
    services.GetRequiredService<ILogger<ValkeyCartStore>>(), address, TimeSpan.FromMinutes(minutes)));

var app = builder.Build();
app.MapGrpcService<CartService>();
app.MapGrpcHealthChecksService();
app.MapPrometheusScrapingEndpoint();
app.Run();
