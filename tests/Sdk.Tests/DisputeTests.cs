using System.Text;
using Marketplace.Receipts;
using Marketplace.Tests;

namespace Marketplace.Sdk.Tests;

/// <summary>Disputes as a client reads them.</summary>
public sealed class DisputeTests : IDisposable
{
    private static readonly string Dispute = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "DISPUTE.md"))
        .Single(line => line.StartsWith("  {\"format\"", StringComparison.Ordinal))[2..];

    private static readonly JobId Job = new(new Bytes32([.. Enumerable.Repeat((byte)1, Bytes32.Size)]));

    private readonly Fixture _fixture = new(options => options.Retries = 0);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Dispute_IsRead_AndHolds()
    {
        Serve(Job, Dispute);
        var file = await _fixture.Client.Disputes.Get(Job, Fixture.Cancellation);
        Assert.DoesNotContain(DisputeChecks.Of(file), check => check.Result == CheckResult.Broken);
    }

    [Fact]
    public async Task DisputeOfAnotherJob_IsNotTaken()
    {
        var other = new JobId(new Bytes32([.. Enumerable.Repeat((byte)9, Bytes32.Size)]));
        Serve(other, Dispute);
        await Assert.ThrowsAsync<MarketplaceProtocolException>(() => _fixture.Client.Disputes.Get(other, Fixture.Cancellation));
    }

    [Fact]
    public async Task DisputeOfNoForm_IsNotTaken()
    {
        Serve(Job, "{}");
        await Assert.ThrowsAsync<MarketplaceProtocolException>(() => _fixture.Client.Disputes.Get(Job, Fixture.Cancellation));
    }

    [Fact]
    public async Task DisputeBeyondTheBound_IsNotTaken()
    {
        Serve(Job, Dispute + new string(' ', DisputeFile.BytesMax));
        await Assert.ThrowsAsync<MarketplaceProtocolException>(() => _fixture.Client.Disputes.Get(Job, Fixture.Cancellation));
    }

    private void Serve(JobId job, string dispute) =>
        _fixture.Service.On($"GET {Routes.Dispute(job)}", _ => FakeService.Bytes(Encoding.UTF8.GetBytes(dispute)));
}
