using System.Collections.Immutable;
using Marketplace.Grains.Codecs;

namespace Marketplace.Grains;

/// <summary>The stored form of what a run gives: its output and its changes of state.</summary>
internal static class RunCodec
{
    public static void WriteOutput(CompactWriter writer, JobOutput output)
    {
        writer.Bytes(output.Inline.Span);
        writer.OptionalId(output.Blob?.Value);
        writer.Signed(output.Size);
    }

    public static JobOutput ReadOutput(ref CompactReader reader)
    {
        var inline = reader.Memory();
        BlobId? blob = reader.OptionalId() is { } id ? new BlobId(id) : null;
        return new JobOutput(inline, blob, reader.Signed());
    }

    public static void WriteChanges(CompactWriter writer, ImmutableArray<StateChange> changes)
    {
        writer.Count(changes.Length);
        foreach (var change in changes)
        {
            writer.Bytes(change.Key.Span);
            writer.Flag(change.Value is not null);
            if (change.Value is { } value)
                writer.Bytes(value.Span);
        }
    }

    public static ImmutableArray<StateChange> ReadChanges(ref CompactReader reader)
    {
        var changes = new StateChange[reader.Items(itemSizeMin: 2)];
        for (var index = 0; index < changes.Length; index++)
        {
            var key = reader.Memory();
            changes[index] = new StateChange(key, reader.Flag() ? reader.Memory() : (ReadOnlyMemory<byte>?)null);
        }

        return ImmutableArray.Create(changes);
    }
}
