using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Shop.Accounting;
using Shop.Accounting.Ledgers;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.AddSimpleConsole(options => options.SingleLine = false);
builder.Services.AddSingleton<PendingOrders>();
builder.Services.AddSingleton<Consumer>();
builder.Services.AddSingleton(_ => new LedgerBook(
    Environment.GetEnvironmentVariable("DB_CONNECTION_STRING")
        ?? throw new InvalidOperationException("DB_CONNECTION_STRING not configured"),
    Environment.GetEnvironmentVariable("LEDGERS") ?? "EUR"));

using var host = builder.Build();
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) => { e.Cancel = true; stop.Cancel(); };
AppDomain.CurrentDomain.ProcessExit += (_, _) => stop.Cancel();

host.Services.GetRequiredService<Consumer>().Run(stop.Token);
