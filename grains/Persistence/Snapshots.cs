using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// The snapshots of one event log: a head document that names the log's version and the parts. Each part has a name that was never used
/// before and is written once. So the parts never mix when two activations write a snapshot at the same time, or one is cut off in the
/// middle. The head alone decides which snapshot is valid, and every write of the head is conditional.
/// </summary>
internal sealed class Snapshots(IDocumentStore documents, string kind, string id)
{
    private readonly DocumentKey _key = new(kind, id);

    /// <summary>Bytes of the last snapshot.</summary>
    public int Size { get; private set; }

    /// <returns>The newest snapshot and the version of the last event in it; null where there is none.</returns>
    public async ValueTask<(ReadOnlyMemory<byte> Content, long LogVersion)?> Load()
    {
        var (head, headVersion) = await ReadHead();
        while (true)
        {
            if (head.Snapshot is not { } snapshot)
            {
                return null;
            }
            if (await ReadParts(snapshot) is { } bytes)
            {
                Size = snapshot.Size;
                return (bytes, snapshot.LogVersion);
            }

            // Another activation may have written two snapshots since the head was read, and so removed these parts.
            var (next, nextVersion) = await ReadHead();
            if (nextVersion == headVersion)
            {
                throw new InvalidDataException(
                    $"The snapshot {snapshot.Set} of {_key} lacks a part, or has more bytes than its head says."
                );
            }
            (head, headVersion) = (next, nextVersion);
        }
    }

    /// <exception cref="VersionConflictException">Another activation writes a snapshot as well; the valid snapshot stays
    /// valid.</exception>
    public async ValueTask Save(ReadOnlyMemory<byte> content, long logVersion)
    {
        var (head, headVersion) = await ReadHead();
        if (head.Snapshot?.LogVersion >= logVersion)
        {
            return;
        }
        await Discard(head.Discarded);

        // The claim: its version names the parts. A later claim takes the head away from this attempt.
        const int partBytes = SnapshotPolicy.PartBytesMax;
        var snapshot = new Snapshot(headVersion + 1, logVersion, (content.Length + partBytes - 1) / partBytes, content.Length);
        headVersion = await WriteHead(head with { Discarded = snapshot.Parts }, headVersion);
        for (var index = 0; index < snapshot.PartCount; index++)
        {
            var position = index * partBytes;
            var part = content.Slice(position, Math.Min(partBytes, content.Length - position));
            await documents.Write(Part(snapshot.Set, index), 0, part);
        }

        // The parts of the snapshot before stay until the next one: another activation may be reading them.
        await WriteHead(new Head(snapshot, head.Snapshot?.Parts ?? default), headVersion);
        Size = content.Length;
    }

    private async ValueTask<(Head Head, long Version)> ReadHead() =>
        await documents.ReadDocument(_key) is { } found ? (Head.Read(found.Content.Span), found.Version) : (default(Head), 0);

    private ValueTask<long> WriteHead(Head head, long expectedVersion) => documents.Write(_key, expectedVersion, head.Write());

    private async ValueTask<ReadOnlyMemory<byte>?> ReadParts(Snapshot snapshot)
    {
        var bytes = new byte[snapshot.Size];
        var position = 0;
        for (var index = 0; index < snapshot.PartCount; index++)
        {
            if (await documents.ReadDocument(Part(snapshot.Set, index)) is not { } part || part.Content.Length > snapshot.Size - position)
            {
                return null;
            }
            part.Content.CopyTo(bytes.AsMemory(position));
            position += part.Content.Length;
        }

        return position == snapshot.Size ? bytes : null;
    }

    private async ValueTask Discard(PartNames parts)
    {
        for (var index = 0; index < parts.Count; index++)
        {
            var key = Part(parts.Set, index);
            if (await documents.ReadDocument(key) is { } part)
            {
                await documents.Delete(key, part.Version);
            }
        }
    }

    private DocumentKey Part(long set, int index) => new($"{kind}-part", $"{id}.{set}.{index}");

    /// <summary>The parts <c>0</c> to <c>Count - 1</c> of one attempt to write a snapshot.</summary>
    private readonly record struct PartNames(long Set, int Count);

    private readonly record struct Snapshot(long Set, long LogVersion, int PartCount, int Size)
    {
        public PartNames Parts => new(Set, PartCount);
    }

    /// <param name="Snapshot">The valid snapshot.</param>
    /// <param name="Discarded">Parts of the snapshot before, or of an attempt that may have been cut off. The next attempt removes
    /// them.</param>
    private readonly record struct Head(Snapshot? Snapshot, PartNames Discarded)
    {
        /// <summary>Version 1 had two sets of parts, 0 and 1, which were overwritten in turn; its heads are read, not written.</summary>
        private const byte FormatOfTwoSets = 1;
        private const byte Format = 2;

        public ReadOnlyMemory<byte> Write()
        {
            var writer = new CompactWriter(48);
            writer.Byte(Format);
            writer.Flag(Snapshot is not null);
            if (Snapshot is { } snapshot)
            {
                writer.Signed(snapshot.Set);
                writer.Signed(snapshot.LogVersion);
                writer.Count(snapshot.PartCount);
                writer.Count(snapshot.Size);
            }

            writer.Signed(Discarded.Set);
            writer.Count(Discarded.Count);
            return writer.Finish();
        }

        public static Head Read(ReadOnlySpan<byte> bytes)
        {
            var reader = new CompactReader(bytes);
            Head head;
            if (bytes is [FormatOfTwoSets, ..])
            {
                reader.Version(FormatOfTwoSets, "");
                var snapshot = new Snapshot(reader.Flag() ? 1 : 0, reader.Signed(), reader.Count(), reader.Count());
                head = new Head(snapshot, new PartNames(1 - snapshot.Set, snapshot.PartCount));
            }
            else
            {
                reader.Version(Format, "The head of a snapshot");
                var snapshot = reader.Flag()
                    ? new Snapshot(reader.Signed(), reader.Signed(), reader.Count(), reader.Count())
                    : (Snapshot?)null;
                head = new Head(snapshot, new PartNames(reader.Signed(), reader.Count()));
            }

            reader.End();
            return head;
        }
    }
}
