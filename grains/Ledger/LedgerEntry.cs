using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>One record as the log has it: its index is its version there less one.</summary>
/// <param name="Operation">What was signed.</param>
/// <param name="Signature">By its author.</param>
/// <param name="Before">The hash of the record before, which a reader compares.</param>
/// <param name="IsOfMarket">Whether the market is the author.</param>
/// <param name="ForkOf">Where an earlier operation stands that the author gave the same numbers; null: there is none.</param>
internal sealed record LedgerEntry(LedgerOperation Operation, ReadOnlyMemory<byte> Signature, Bytes32 Before, bool IsOfMarket, long? ForkOf)
{
    private const byte Format = 1;

    /// <summary>The least bytes of a word: with them damaged data cannot ask for much memory.</summary>
    private const int WordBytesMin = 2;

    public LedgerRecord ToRecord(long index) =>
        new()
        {
            Index = (ulong)index,
            Before = Before,
            Operation = Operation,
            Signature = Convert.ToHexStringLower(Signature.Span),
        };

    public static ReadOnlyMemory<byte> Write(LedgerEntry entry)
    {
        var operation = entry.Operation;
        var writer = new CompactWriter(512);
        writer.Byte(Format);
        writer.Text(operation.Namespace.ToString());
        writer.Id(operation.Author);
        writer.Number(operation.Epoch);
        writer.Number(operation.Sequence);
        writer.Id(operation.Change);
        writer.Text(operation.Kind);
        writer.Number(operation.Time);
        writer.Count(operation.Subject.Count);
        foreach (var word in operation.Subject)
        {
            writer.Text(word.Name);
            writer.Text(word.Value);
        }
        writer.Bytes(entry.Signature.Span);
        writer.Id(entry.Before);
        writer.Flag(entry.IsOfMarket);
        writer.Flag(entry.ForkOf is not null);
        if (entry.ForkOf is { } index)
        {
            writer.Signed(index);
        }
        return writer.Finish();
    }

    public static LedgerEntry Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "A record of a ledger");
        var operation = new LedgerOperation
        {
            Namespace = ReadName(ref reader),
            Author = reader.Id(),
            Epoch = reader.Number(),
            Sequence = reader.Number(),
            Change = reader.Id(),
            Kind = reader.Text(),
            Time = reader.Number(),
            Subject = ReadWords(ref reader),
        };
        var signature = reader.Memory();
        if (signature.Length != Ed25519.SignatureSize)
        {
            throw new InvalidDataException($"Stored bytes are damaged: a signature of {signature.Length} bytes.");
        }
        var entry = new LedgerEntry(operation, signature, reader.Id(), reader.Flag(), reader.Flag() ? reader.Signed() : null);
        reader.End();
        return entry;
    }

    private static LedgerName ReadName(ref CompactReader reader)
    {
        var text = reader.Text();
        return LedgerName.TryParse(text, out var name)
            ? name
            : throw new InvalidDataException($"Stored bytes are damaged: the namespace '{text}'.");
    }

    private static LedgerWord[] ReadWords(ref CompactReader reader)
    {
        var words = new LedgerWord[reader.Items(WordBytesMin)];
        for (var index = 0; index < words.Length; index++)
        {
            words[index] = new LedgerWord(reader.Text(), reader.Text());
        }
        return words;
    }
}
