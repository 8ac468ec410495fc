namespace Marketplace.Grains;

/// <summary>
/// The stored form of storage events: format, kind, fields. The account's log has four of them from the time when it counted what the
/// account keeps. They have the same kinds there, which <see cref="AccountEventCodec"/> uses for nothing else.
/// </summary>
internal static class StorageEventCodec
{
    private const byte Format = 1;

    private enum Kind : byte
    {
        CarriedOver = 1,
        BlobCounted = 9,
        BlobDiscounted = 10,
        ModuleCounted = 12,
        ModuleDiscounted = 13,
    }

    /// <summary>Whether an event of an account's log is one of the four.</summary>
    public static bool StoodInAccounts(ReadOnlySpan<byte> bytes) =>
        bytes is [Format, var kind, ..]
        && (Kind)kind is Kind.BlobCounted or Kind.BlobDiscounted or Kind.ModuleCounted or Kind.ModuleDiscounted;

    public static ReadOnlyMemory<byte> Write(StorageEvent happened)
    {
        var writer = new CompactWriter(80);
        writer.Byte(Format);
        switch (happened)
        {
            case CarriedOver:
                Begin(Kind.CarriedOver);
                break;
            case BlobCounted counted:
                Begin(Kind.BlobCounted).Id(counted.Blob.Value);
                writer.Signed(counted.Size);
                break;
            case BlobDiscounted discounted:
                Begin(Kind.BlobDiscounted).Id(discounted.Blob.Value);
                break;
            case ModuleCounted counted:
                Begin(Kind.ModuleCounted).Id(counted.Program.Value);
                writer.Id(counted.Module.Value);
                writer.Signed(counted.Size);
                break;
            case ModuleDiscounted discounted:
                Begin(Kind.ModuleDiscounted).Id(discounted.Program.Value);
                break;
            default:
                throw new InvalidOperationException($"This is a bug in the quota: the event {happened.GetType().Name} has no stored form.");
        }
        return writer.Finish();

        CompactWriter Begin(Kind kind)
        {
            writer.Byte((byte)kind);
            return writer;
        }
    }

    public static StorageEvent Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A storage event of an account");
        var kind = (Kind)reader.Byte();
        StorageEvent happened = kind switch
        {
            Kind.CarriedOver => new CarriedOver(),
            Kind.BlobCounted => new BlobCounted(new BlobId(reader.Id()), reader.Signed()),
            Kind.BlobDiscounted => new BlobDiscounted(new BlobId(reader.Id())),
            Kind.ModuleCounted => new ModuleCounted(new ProgramId(reader.Id()), new BlobId(reader.Id()), reader.Signed()),
            Kind.ModuleDiscounted => new ModuleDiscounted(new ProgramId(reader.Id())),
            _ => throw new InvalidDataException(
                $"A storage event of an account has the unknown kind {(byte)kind}. Use the build that wrote it."
            ),
        };
        reader.End();
        return happened;
    }
}
