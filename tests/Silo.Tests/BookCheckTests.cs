using System.Threading.Channels;
using Marketplace.Grains;
using Marketplace.Silo;
using Marketplace.Storage;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Silo;

public sealed class BookCheckTests
{
    /// <summary>The one under way may have read already what the operator asks about.</summary>
    [Fact]
    public async Task CheckThatIsAskedForDuringAnother_IsMadeAfterIt()
    {
        var log = new HeldLog();
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        lifetime.NotifyStarted();
        using var service = new BookCheckService(
            new BookAudit(log, documents: null!),
            lifetime,
            TimeProvider.System,
            NullLogger<BookCheckService>.Instance
        );
        await service.StartAsync(TestContext.Current.CancellationToken);
        await log.Begun.Reader.ReadAsync(TestContext.Current.CancellationToken);

        service.Begin();
        log.Go.Writer.TryWrite(true);

        await log.Begun.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.True(service.Status is { IsRunning: true, Last: not null });
        await service.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Then it sees what the start itself books, and takes nothing from the start.</summary>
    [Fact]
    public async Task FirstCheck_BeginsWhenTheSiloHasStarted()
    {
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        var log = new HeldLog();
        var hadStarted = false;
        log.OnBegun = () => hadStarted = lifetime.ApplicationStarted.IsCancellationRequested;
        using var service = new BookCheckService(
            new BookAudit(log, documents: null!),
            lifetime,
            TimeProvider.System,
            NullLogger<BookCheckService>.Instance
        );
        await service.StartAsync(TestContext.Current.CancellationToken);

        lifetime.NotifyStarted();

        await log.Begun.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.True(hadStarted);
        log.Go.Writer.TryWrite(true);
        await service.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A log without streams, which each check waits for.</summary>
    private sealed class HeldLog : IEventLog
    {
        public Channel<bool> Begun { get; } = Channel.CreateUnbounded<bool>();

        public Action OnBegun { get; set; } = () => { };

        public Channel<bool> Go { get; } = Channel.CreateUnbounded<bool>();

        public async IAsyncEnumerable<string> Streams(
            string prefix,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default
        )
        {
            OnBegun();
            Begun.Writer.TryWrite(true);
            await Go.Reader.ReadAsync(cancellation);
            yield break;
        }

        public ValueTask<long> Append(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries) =>
            throw new NotSupportedException();

        public IAsyncEnumerable<LogEntry> Read(string stream, long fromVersion = 1, CancellationToken cancellation = default) =>
            throw new NotSupportedException();
    }
}
