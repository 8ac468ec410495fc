using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of what a run gives: its output and its changes of state.</summary>
internal static class RunCodec
{
    // This byte was a flag before there were files: an output without files has the same bytes as then.
    private const byte HasBlob = 1;
    private const byte HasFiles = 2;

    public static void WriteOutput(CompactWriter writer, JobOutput output)
    {
        writer.Bytes(output.Inline.Span);
        var files = output.Files.IsDefault ? [] : output.Files;
        writer.Byte((byte)((output.Blob is null ? 0 : HasBlob) | (files.IsEmpty ? 0 : HasFiles)));
        if (output.Blob is { } blob)
        {
            writer.Id(blob.Value);
        }
        writer.Signed(output.Size);
        if (files.IsEmpty)
        {
            return;
        }
        writer.Count(files.Length);
        foreach (var file in files)
        {
            writer.Text(file.Name);
            writer.Id(file.Blob.Value);
            writer.Signed(file.Size);
        }
    }

    public static JobOutput ReadOutput(ref CompactReader reader)
    {
        var inline = reader.Memory();
        var parts = reader.Byte();
        if (parts > (HasBlob | HasFiles))
        {
            throw new InvalidDataException($"An output has the parts {parts}, which no version of this code writes.");
        }
        BlobId? blob = (parts & HasBlob) != 0 ? new BlobId(reader.Id()) : null;
        var size = reader.Signed();
        if ((parts & HasFiles) == 0)
        {
            return new JobOutput(inline, blob, size);
        }
        var files = new OutputFile[reader.Items(itemSizeMin: 34)];
        for (var index = 0; index < files.Length; index++)
        {
            files[index] = new OutputFile(reader.Text(), new BlobId(reader.Id()), reader.Signed());
        }
        return new JobOutput(inline, blob, size, ImmutableArray.Create(files));
    }

    public static void WriteChanges(CompactWriter writer, ImmutableArray<StateChange> changes)
    {
        writer.Count(changes.Length);
        foreach (var change in changes)
        {
            writer.Bytes(change.Key.Span);
            writer.Flag(change.Value is not null);
            if (change.Value is { } value)
            {
                writer.Bytes(value.Span);
            }
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
