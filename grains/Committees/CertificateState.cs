using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of a certificate.</summary>
/// <param name="Certificate">What the committee signed.</param>
/// <param name="SignedAt">When it was written; null: by a build that told the ledger of none.</param>
/// <param name="Batch">The number of the batch of certificates in which the ledger names it; 0: it is in none yet.</param>
internal sealed record CertificateState(BatchCertificate Certificate, DateTimeOffset? SignedAt = null, ulong Batch = 0)
{
    /// <summary>The name of the state and the kind of its documents.</summary>
    public const string Kind = "certificate";

    private const byte Format = 1;
    private const byte FormatWithBatch = 2;

    /// <summary>The least bytes of a member: with them damaged data cannot ask for much memory.</summary>
    private const int MemberSizeMin = Bytes32.Size + BlsPublicKey.Size + BlsSignature.Size + Ed25519.SignatureSize;

    /// <summary>The ledger has to name it.</summary>
    public bool IsUntold => SignedAt is not null && Batch == 0;

    public static ReadOnlyMemory<byte> Write(CertificateState state)
    {
        var certificate = state.Certificate;
        var writer = new CompactWriter(512);
        writer.Byte(state.SignedAt is null ? Format : FormatWithBatch);
        writer.Number(certificate.Epoch);
        writer.Count(certificate.Members.Length);
        foreach (var member in certificate.Members)
        {
            WriteMember(writer, member);
        }
        writer.Number(certificate.Signers);
        writer.Bytes(certificate.Signature.Span);
        if (state.SignedAt is { } at)
        {
            writer.Time(at);
            writer.Number(state.Batch);
        }
        return writer.Finish();
    }

    public static CertificateState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = reader.Version(Format, FormatWithBatch, "A certificate");
        var epoch = reader.Number();
        var members = new RosterMember[reader.Items(MemberSizeMin)];
        for (var index = 0; index < members.Length; index++)
        {
            members[index] = ReadMember(ref reader);
        }
        var certificate = new BatchCertificate(epoch, ImmutableArray.Create(members), reader.Number(), reader.Memory());
        var state = new CertificateState(certificate);
        if (format == FormatWithBatch)
        {
            state = new CertificateState(certificate, reader.Time(), reader.Number());
        }
        reader.End();
        return state;
    }

    public static void WriteMember(CompactWriter writer, RosterMember member)
    {
        writer.Id(member.Worker.Value);
        writer.Bytes(member.Key.Key.Span);
        writer.Bytes(member.Key.Possession.Span);
        writer.Bytes(member.Key.Registration.Span);
        writer.Amount(member.Weight);
    }

    public static RosterMember ReadMember(ref CompactReader reader)
    {
        var worker = new WorkerId(reader.Id());
        var key = new CommitteeKey(reader.Memory(), reader.Memory(), reader.Memory());
        return new RosterMember(worker, key, reader.Amount());
    }
}
