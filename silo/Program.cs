using Marketplace.Silo;
using Marketplace.Worker.Isolation;

// The worker inside runs guests in children, which are this program: they need nothing of a silo, and nothing of it is loaded for them.
return GuestChildProgram.IsAsked(args) ? GuestChildProgram.Run(args) : RunSilo(args).GetAwaiter().GetResult();

static async Task<int> RunSilo(string[] args)
{
    try
    {
        HostKind.Begin();
        var options = SiloConfiguration.Read(args);
        if (options is null)
        {
            return 0;
        }

        var app = await SiloApplication.Build(options);
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
