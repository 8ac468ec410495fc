using Marketplace.Gateway;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Marketplace.Silo;

/// <summary>
/// Writes the bound address where the command line finds it, and says on the console that the silo is ready, stops and has stopped.
/// </summary>
internal sealed partial class Announcement(
    IHostApplicationLifetime lifetime,
    IServer server,
    DataFolder folder,
    SiloOptions options,
    ILogger<Announcement> log
) : IHostedService
{
    public Task StartAsync(CancellationToken cancellation)
    {
        lifetime.ApplicationStarted.Register(Announce);
        lifetime.ApplicationStopping.Register(() => LogStopping(options.NameOrHost));
        lifetime.ApplicationStopped.Register(() => LogStopped(options.NameOrHost));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;

    private void Announce()
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()!.Addresses;
        // Commands on this machine need no TLS, and 127.0.0.1 is seldom a name in a certificate.
        var own =
            addresses.FirstOrDefault(url => url.StartsWith("http:", StringComparison.Ordinal) && GatewayBinding.IsLoopback([url]))
            ?? addresses.First();
        folder.Write(DataFolder.Url, own);
        if (!options.RunsWorker)
        {
            // What a run before this one had.
            folder.Delete(DataFolder.Isolation);
        }
        LogReady(options.NameOrHost, string.Join(", ", addresses), folder.Path);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Name} is ready on {Addresses}, data in {Folder}")]
    private partial void LogReady(string name, string addresses, string folder);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Name} stops: requests and runs under way end first")]
    private partial void LogStopping(string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Name} has stopped")]
    private partial void LogStopped(string name);
}
