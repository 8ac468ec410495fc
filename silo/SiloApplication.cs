using Marketplace.Gateway;
using Marketplace.Grains;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>All of a silo, ready to be started: by its own program, or inside another one.</summary>
public static class SiloApplication
{
    /// <summary>A silo that is not started yet. The data folder is its own from here until it is disposed of.</summary>
    /// <param name="options">
    /// What the deployment chooses. Inside another program, a worker runs guests in that program's process (<c>Isolation = "none"</c>),
    /// unless its first line has what the silo's <c>Program.cs</c> has for its children.
    /// </param>
    /// <param name="configure">What a caller has otherwise than a silo that runs by itself.</param>
    public static async Task<WebApplication> Build(SiloOptions options, Action<WebApplicationBuilder>? configure = null)
    {
        RestoredNode.Require(options);
        // Its options are read once, at the start: the framework need not watch the folder for a changed appsettings.json, the data may be
        // in it.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.AddMarketplaceLogging();
        builder.UseMarketplaceUrls(options);
        // Before there are keys, and before a worker offers or a cluster is joined: the server itself listens last of all.
        ListenPorts.RequireFree(options);
        await builder.AddMarketplaceGrains(options);
        builder.AddMarketplaceServices(options);
        builder.AddMarketplaceTelemetry(options);
        configure?.Invoke(builder);

        var app = builder.Build();
        // The folder is this silo's alone once its store is open: before that nothing makes a key there.
        app.Services.GetRequiredService<IDocumentStore>();
        await RestoredNode.Accept(options, app.Services);
        if (options.RunsWorker)
        {
            // Makes its keys on a thread of its own while the rest starts.
            app.Services.GetRequiredService<WorkerService>();
        }
        app.Services.RequireOwnDomain();
        await app.Services.RequireChain();
        app.MapMarketplaceGateway();
        app.MapGrainHostPages(options);
        return app;
    }
}
