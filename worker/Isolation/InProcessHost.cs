using Marketplace.Engine.Guests;

namespace Marketplace.Worker.Isolation;

/// <summary>Guests run in this process: what the engine does not hold, nothing holds.</summary>
internal sealed class InProcessHost(long modulesBytesMax) : IProgramHost
{
    private readonly ModuleCache _modules = new(modulesBytesMax);

    public IOpenProgram Open(BlobId module, Func<byte[]> fetch) => new Program(_modules.Get(module, fetch));

    public long Rest(TimeSpan idle)
    {
        if (idle >= WorkerPolicy.IdleMax)
        {
            _modules.Clear();
        }
        else
        {
            _modules.Trim();
        }
        return _modules.BytesDropped;
    }

    public void Dispose() => _modules.Clear();

    private sealed class Program(GuestProgram program) : IOpenProgram
    {
        public GuestResult Run(GuestInvocation invocation) => program.Run(invocation);

        public void Dispose()
        {
            // The cache keeps it for the next run.
        }
    }
}
