using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Receipts.Tests;

namespace Marketplace.Tests.Gateway;

/// <summary>The certificate of the sample's receipt stands in the ledger; no other is known.</summary>
internal sealed class FakeCertificateGrain(Bytes32 root) : ICertificateGrain
{
    public static Bytes32 Known { get; } = BatchProof.RootOf(Samples.CommitteeFile)!.Value;

    public Task Put(BatchCertificate certificate, Authority by) => throw new NotSupportedException();

    public Task<BatchCertificate?> Get() => throw new NotSupportedException();

    public Task Join(ulong batch, Authority by) => throw new NotSupportedException();

    public Task<ReadOnlyMemory<byte>> Prove(Caller caller) =>
        root == Known
            ? Task.FromResult<ReadOnlyMemory<byte>>(LedgerLines.ToJson(LedgerSamples.Batch(root, Samples.CommitteeFile.Receipt.Epoch)))
            : throw new MarketException(ErrorCode.BatchNotFound, "No committee has signed it.");
}
