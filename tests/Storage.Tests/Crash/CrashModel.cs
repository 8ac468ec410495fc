using System.Text;
using Marketplace.Storage.Contracts;

namespace Marketplace.Storage.Crash;

/// <summary>What a document or stream may be: as acknowledged, or as the write would leave it that was under way.</summary>
internal sealed class ModelDocument
{
    public (long Version, string Text)? Acknowledged { get; set; }
    public (long Version, string Text)? UnderWay { get; set; }
    public bool IsUnderWay { get; set; }

    /// <summary>Every state that was ever written, for disks that lie.</summary>
    public HashSet<(long, string)> History { get; } = [];
}

internal sealed class ModelStream
{
    public List<string> Acknowledged { get; } = [];
    public List<string> UnderWay { get; } = [];
}

/// <summary>What a store must hold, and the comparison with what it holds.</summary>
/// <param name="documents">How many documents the load writes.</param>
internal sealed class CrashModel(int documents)
{
    public const int Streams = 3;

    public int Documents => documents;

    public ModelDocument[] Document { get; } = [.. Enumerable.Range(0, documents).Select(_ => new ModelDocument())];
    public ModelStream[] Stream { get; } = [.. Enumerable.Range(0, Streams).Select(_ => new ModelStream())];

    public static DocumentKey Key(int index) => new(TextProjection.Thing, $"document {index:d3}");

    public static string StreamName(int index) => $"stream {index}";

    /// <summary>Compares everything; what is found is what is acknowledged from now on.</summary>
    /// <param name="store">An open store.</param>
    /// <param name="isHonest">False: the disk lied, so older states are allowed, but nothing that was never written.</param>
    public async Task<List<string>> Compare(EmbeddedStore store, bool isHonest)
    {
        var violations = new List<string>();
        for (var index = 0; index < Documents; index++)
        {
            Compare(index, Text(await store.Read(Key(index))), isHonest, violations);
        }
        for (var index = 0; index < Streams; index++)
        {
            var entries = new List<string>();
            await foreach (var entry in store.Read(StreamName(index)))
            {
                if (entry.Version != entries.Count + 1)
                {
                    violations.Add($"stream {index}: entry {entry.Version} after {entries.Count}");
                }
                entries.Add(Encoding.UTF8.GetString(entry.Content.Span));
            }
            Compare(index, entries, isHonest, violations);
        }
        var scanned = new Dictionary<string, string>();
        await foreach (var (key, document) in store.Scan(TextProjection.Thing))
        {
            if (!scanned.TryAdd(key.Id, Text(document)!.Value.Text))
            {
                violations.Add($"the scan gave '{key.Id}' twice");
            }
        }
        var expected = Enumerable.Range(0, Documents).Where(index => Document[index].Acknowledged is not null).ToList();
        if (
            scanned.Count != expected.Count
            || expected.Any(index => scanned.GetValueOrDefault(Key(index).Id) != Document[index].Acknowledged!.Value.Text)
        )
        {
            violations.Add($"the scan gave {scanned.Count} documents, expected {expected.Count}");
        }
        return violations;
    }

    /// <summary>Compares the read model, which must have caught up.</summary>
    public async Task<List<string>> CompareListing(EmbeddedStore store)
    {
        var projection = new TextProjection(TextProjection.Thing);
        var expected = Enumerable
            .Range(0, Documents)
            .Where(index => Document[index].Acknowledged is not null)
            .Select(index => projection.Project(Key(index).Id, Encoding.UTF8.GetBytes(Document[index].Acknowledged!.Value.Text), out _))
            .OfType<ListingRow>()
            .Select(row => $"{row.Id} {row.State} {row.At.Ticks}")
            .Order();
        var listed = (await store.List(new ListingQuery(TextProjection.Thing, Limit: 2 * Documents)))
            .Select(row => $"{row.Id} {row.State} {row.At.Ticks}")
            .Order();
        return expected.SequenceEqual(listed) ? [] : [$"listing [{string.Join("; ", listed)}], expected [{string.Join("; ", expected)}]"];
    }

    private void Compare(int index, (long Version, string Text)? found, bool isHonest, List<string> violations)
    {
        var model = Document[index];
        var allowed =
            found == model.Acknowledged
            || (model.IsUnderWay && found == model.UnderWay)
            || (!isHonest && (found is null || model.History.Contains(found.Value)));
        if (!allowed)
        {
            violations.Add($"document {index}: {found}, acknowledged {model.Acknowledged}, under way {model.IsUnderWay} {model.UnderWay}");
        }
        model.Acknowledged = found;
        model.IsUnderWay = false;
    }

    private void Compare(int index, List<string> found, bool isHonest, List<string> violations)
    {
        var model = Stream[index];
        List<string> full = [.. model.Acknowledged, .. model.UnderWay];
        var isPrefix = found.Count <= full.Count && found.SequenceEqual(full.Take(found.Count));
        var isWhole = found.Count == model.Acknowledged.Count || found.Count == full.Count;
        if (!isPrefix || (isHonest && !isWhole))
        {
            violations.Add(
                $"stream {index}: {found.Count} entries, acknowledged {model.Acknowledged.Count}, under way {model.UnderWay.Count}"
            );
        }
        model.Acknowledged.Clear();
        model.Acknowledged.AddRange(found);
        model.UnderWay.Clear();
    }

    private static (long Version, string Text)? Text(Document? document) =>
        document is { } found ? (found.Version, Encoding.UTF8.GetString(found.Content.Span)) : null;
}
