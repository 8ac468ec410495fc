using System.Globalization;
using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The files of settlements, cut into documents. A file is whole on the disk before its settlement is under way.</summary>
internal sealed class SettlementFiles(IDocumentStore documents)
{
    /// <summary>The kind of the documents; the id is number, epoch and part.</summary>
    public const string Kind = "settlement-part";

    private static readonly StateForm<byte[]> Form = new(content => content, bytes => bytes.ToArray());

    /// <returns>How many parts it has.</returns>
    public async Task<int> Write(SettlementFile file)
    {
        var parts = file.ToJson().Chunk(SettlementPolicy.PartBytes).ToArray();
        for (var part = 0; part < parts.Length; part++)
        {
            var document = Document(file.Settlement, part);
            await document.Load();
            await document.Write(parts[part]);
        }
        return parts.Length;
    }

    /// <returns>Empty where there is no such part.</returns>
    public async Task<ReadOnlyMemory<byte>> Read(Settlement settlement, int part)
    {
        var document = Document(settlement, part);
        await document.Load();
        return document.Value ?? [];
    }

    public async Task Delete(Settlement settlement, int parts)
    {
        for (var part = 0; part < parts; part++)
        {
            var document = Document(settlement, part);
            await document.Load();
            await document.Delete();
        }
    }

    private StoredDocument<byte[]> Document(Settlement settlement, int part) =>
        new(
            documents,
            new DocumentKey(Kind, string.Create(CultureInfo.InvariantCulture, $"{settlement.Number}.{settlement.Epoch}.{part}")),
            Form
        );
}
