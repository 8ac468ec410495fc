using Marketplace.Gateway;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Sdk.Grains;

/// <summary>
/// Gives a client's requests to the gateway in this process. It stands where the connection would, and maps nothing but that: what a
/// request means, and whether it is allowed, the gateway says.
/// </summary>
internal sealed class GatewayHandler(InProcessGateway gateway, IServiceScopeFactory scopes) : HttpMessageHandler
{
    private readonly CancellationTokenSource _closed = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, this);
        cancellationToken.ThrowIfCancellationRequested();
        var exchange = new Exchange(request, _closed.Token);
        using var leaving = cancellationToken.UnsafeRegister(static exchange => ((Exchange)exchange!).Abort(), exchange);
        // On the pool, not on the caller's own scheduler: it may be that of a grain, which waits for this answer.
        _ = Task.Run(() => Run(exchange), CancellationToken.None);
        try
        {
            return await exchange.Answer.ConfigureAwait(false);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private async Task Run(Exchange exchange)
    {
        Exception? fault = null;
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var http = new DefaultHttpContext(exchange.Features) { RequestServices = scope.ServiceProvider };
            await gateway.Handle(http);
        }
        catch (Exception thrown)
        {
            fault = thrown;
        }
        await exchange.End(fault);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // Not disposed of: exchanges that end later still look at it.
            _closed.Cancel();
        }
        base.Dispose(disposing);
    }
}
