using Marketplace.Gateway;
using Marketplace.Silo;
using Marketplace.Worker.Isolation;

// The worker inside runs guests in children, which are this program: they need nothing of a silo, and nothing of it is loaded for them.
return GuestChildProgram.IsAsked(args) ? GuestChildProgram.Run(args) : RunSilo(args).GetAwaiter().GetResult();

static async Task<int> RunSilo(string[] args)
{
    try
    {
        var options = SiloConfiguration.Read(args);
        if (options is null)
        {
            return 0;
        }

        // Its options are read once, at the start: the framework need not watch the folder for a changed appsettings.json, the data may be
        // in it.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.AddMarketplaceLogging();
        builder.UseMarketplaceUrls(options);
        await builder.AddMarketplaceGrains(options);
        builder.AddMarketplaceServices(options);

        var app = builder.Build();
        app.MapMarketplaceGateway();
        app.MapGrainHostPages();
        await app.RunAsync();
        // Not 0 where the silo stopped by itself and said why.
        return Environment.ExitCode;
    }
    catch (Exception wrong) when (StartFailure.Explain(wrong) is { } explanation)
    {
        await Console.Error.WriteLineAsync(explanation);
        return 2;
    }
}
