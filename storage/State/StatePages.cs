using System.Globalization;

namespace Marketplace.Storage;

/// <summary>
/// A document of the state is no longer there: a later checkpoint replaced it, and the roots that needed it are gone. The reader's copy of
/// the state is out of date.
/// </summary>
public sealed class StatePageGoneException(string document)
    : IOException($"'{document}' is gone: it belonged to a root that is no longer kept, or another activation has written since.");

/// <summary>The documents of one program's state.</summary>
/// <param name="documents">Where they are; null where nothing is stored.</param>
/// <param name="program">Whose state.</param>
/// <param name="cache">Of this process.</param>
internal sealed class StatePages(IDocumentStore? documents, string program, StatePageCache cache)
{
    private const string Kind = "state-page";

    private IDocumentStore Documents =>
        documents
        ?? throw new InvalidOperationException($"This is a bug in {nameof(StateTree)}: a tree of no store was to be stored or read.");

    public async ValueTask<StateItem[]> Items(StatePage page)
    {
        if (page.Slot.Content is { } known)
        {
            Used(page.Slot);
            return known;
        }
        var items = StatePageForm.ReadItems(await Read(page.Slot.Id), NameOf(page.Slot.Id));
        if (items.Length != page.Count || StatePage.Fold(items) != page.Hash)
        {
            throw new InvalidDataException($"'{NameOf(page.Slot.Id)}' is damaged: its entries do not have the hash {page.Hash}.");
        }
        page.Slot.Content = items;
        Used(page.Slot);
        return items;
    }

    public async ValueTask<byte[][]> Keys(KeyPage page)
    {
        if (page.Slot.Content is { } known)
        {
            Used(page.Slot);
            return known;
        }
        var keys = StatePageForm.ReadKeys(await Read(page.Slot.Id), NameOf(page.Slot.Id));
        if (keys.Length != page.Count || !keys[0].AsSpan().SequenceEqual(page.First))
        {
            throw new InvalidDataException($"'{NameOf(page.Slot.Id)}' is damaged: it has other keys than the directory says.");
        }
        page.Slot.Content = keys;
        Used(page.Slot);
        return keys;
    }

    /// <summary>Reads those that are not in memory, some at a time.</summary>
    public async ValueTask<Dictionary<StatePage, StateItem[]>> ItemsOf(List<StatePage> pages)
    {
        var items = new Dictionary<StatePage, StateItem[]>(pages.Count);
        var under = new Task<StateItem[]>[StateTreePolicy.ReadsAtOnceMax];
        for (var start = 0; start < pages.Count; start += under.Length)
        {
            var wave = pages.GetRange(start, Math.Min(under.Length, pages.Count - start));
            for (var index = 0; index < wave.Count; index++)
            {
                under[index] = Items(wave[index]).AsTask();
            }
            await Task.WhenAll(under.AsSpan(0, wave.Count));
            for (var index = 0; index < wave.Count; index++)
            {
                items[wave[index]] = await under[index];
            }
        }
        return items;
    }

    public async ValueTask<ReadOnlyMemory<byte>> Read(PageId id) =>
        await Documents.Read(KeyOf(id)) is { } found ? found.Content : throw new StatePageGoneException(NameOf(id));

    public async Task<bool> Exists(PageId id) => await Documents.Read(KeyOf(id)) is not null;

    public ValueTask<long> Write(PageId id, ReadOnlyMemory<byte> content) => Documents.Write(KeyOf(id), 0, content);

    /// <summary>Also where it is not there: it was deleted before, or never written.</summary>
    public async Task Delete(PageId id)
    {
        if (await Documents.Read(KeyOf(id)) is { } found)
        {
            await Documents.Delete(KeyOf(id), found.Version);
        }
    }

    /// <summary>The content is in a document now and may leave memory.</summary>
    public void Stored(PageSlot slot, PageId id)
    {
        slot.Id = id;
        cache.Used(slot);
    }

    private void Used(PageSlot slot)
    {
        if (!slot.Id.IsNone)
        {
            cache.Used(slot);
        }
    }

    private DocumentKey KeyOf(PageId id) => new(Kind, NameOf(id));

    private string NameOf(PageId id) => string.Create(CultureInfo.InvariantCulture, $"{program}.{id.Claim}.{id.Number}");
}
