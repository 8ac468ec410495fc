using System.Net;
using Marketplace.Crypto;
using Marketplace.Worker.Protocol;

namespace Marketplace.Tests.Gateway;

/// <summary>Blobs over HTTP, with a lease as the right to them and a signature instead of a key.</summary>
public sealed class LeaseBlobTests
{
    private static readonly LeaseId Lease = new(3, 4);
    private static readonly byte[] Content = "the content"u8.ToArray();
    private static readonly BlobId Blob = IdDerivation.Blob(Content);
    private static readonly string Read = Routes.LeaseBlob(Lease, Blob);
    private static readonly string Bring = Routes.LeaseOutput(Lease, Blob);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WorkerWithTheLease_ReadsAndBrings()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        gateway.Market.Workers.Leases[Lease] = worker.Id;

        using var brought = await worker.Send(HttpMethod.Put, Bring, worker.Call(Lease, 5), Content);
        using var read = await worker.Send(HttpMethod.Get, Read, worker.Call(Lease, 6));

        Assert.Equal(HttpStatusCode.NoContent, brought.StatusCode);
        Assert.Equal(Content, await read.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal(
            [(5, "begins 11"), (5, "added")],
            gateway.Market.Workers.Outputs.Select(entry => ((int)entry.Call.Sequence, entry.What))
        );
    }

    [Fact]
    public async Task WithoutTheLease_NothingIsReadOrWritten()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        using var other = new LinkedWorker(gateway, 0x58);
        gateway.Market.Workers.Leases[Lease] = other.Id;
        var kept = gateway.Market.Blobs.Add("kept"u8.ToArray());

        await worker
            .Send(HttpMethod.Get, Routes.LeaseBlob(Lease, kept), worker.Call(Lease))
            .Refused(HttpStatusCode.NotFound, ErrorCode.LeaseNotFound);
        await worker.Send(HttpMethod.Put, Bring, worker.Call(Lease), Content).Refused(HttpStatusCode.NotFound, ErrorCode.LeaseNotFound);

        Assert.Null(await gateway.Market.Blobs.Find(Blob, Cancellation));
        Assert.Empty(gateway.Market.Workers.Outputs);
    }

    [Fact]
    public async Task BlobThatIsNotThere_IsNotFound()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        gateway.Market.Workers.Leases[Lease] = worker.Id;

        await worker.Send(HttpMethod.Get, Read, worker.Call(Lease)).Refused(HttpStatusCode.NotFound, ErrorCode.BlobNotFound);
    }

    [Fact]
    public async Task OtherBytesThanTheIdSays_AreNotKept()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        gateway.Market.Workers.Leases[Lease] = worker.Id;

        await worker
            .Send(HttpMethod.Put, Bring, worker.Call(Lease), "other bytes"u8.ToArray())
            .Refused(HttpStatusCode.UnprocessableEntity, ErrorCode.BlobMismatch);

        Assert.Equal(["begins 11"], gateway.Market.Workers.Outputs.Select(entry => entry.What));
    }

    /// <summary>A signature is for one method, path, lease and time; a key of an account is none.</summary>
    [Fact]
    public async Task SignatureOfAnotherRequest_IsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        gateway.Market.Workers.Leases[Lease] = worker.Id;
        gateway.Market.Blobs.Add(Content);
        var market = gateway.Identity.PublicKey;
        var now = gateway.Time.GetUtcNow();

        await Refused(WorkerSignatures.Authorization(worker.Key, market, "PUT", Read, worker.Call(Lease), now));
        await Refused(WorkerSignatures.Authorization(worker.Key, market, "GET", Bring, worker.Call(Lease), now));
        await Refused(WorkerSignatures.Authorization(worker.Key, market, "GET", Read, worker.Call(new LeaseId(3, 5)), now));
        await Refused(WorkerSignatures.Authorization(worker.Key, worker.Id.Value, "GET", Read, worker.Call(Lease), now));
        await Refused($"Bearer {gateway.Key}");
        await Refused("Worker nonsense");
        Assert.Contains("minutes", await Dated(now - LinkPolicy.RequestAgeMax - TimeSpan.FromMilliseconds(1)));
        Assert.Contains("minutes", await Dated(now + LinkPolicy.RequestAgeMax + TimeSpan.FromMilliseconds(1)));
        using var atTheBound = await worker.Send(HttpMethod.Get, Read, worker.Call(Lease), at: now - LinkPolicy.RequestAgeMax);
        Assert.Equal(HttpStatusCode.OK, atTheBound.StatusCode);

        async Task Refused(string header)
        {
            using var client = gateway.ClientOf(null);
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
            await client.Get(Read).Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
        }

        Task<string> Dated(DateTimeOffset at) =>
            worker.Send(HttpMethod.Get, Read, worker.Call(Lease), at: at).Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
    }
}
