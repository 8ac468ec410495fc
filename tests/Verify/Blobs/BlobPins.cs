namespace Marketplace.Verify.Blobs;

/// <summary>Who wants which blob: one file a pin, and one more for a pin that came in time.</summary>
internal sealed class BlobPins
{
    private readonly string _pins;
    private readonly string _promises;

    public BlobPins(string folder)
    {
        (_pins, _promises) = (Path.Combine(folder, "pins"), Path.Combine(folder, "promises"));
        Directory.CreateDirectory(_pins);
        Directory.CreateDirectory(_promises);
    }

    public string Add(BlobId id)
    {
        var name = $"{id}.{Guid.NewGuid():n}";
        File.WriteAllBytes(Path.Combine(_pins, name), []);
        return name;
    }

    public void Promise(string name) => File.WriteAllBytes(Path.Combine(_promises, name), []);

    /// <summary>Takes back the promises of a blob; its pins stay.</summary>
    public void WithdrawAll(BlobId id)
    {
        foreach (var promise in Directory.GetFiles(_promises, $"{id}.*"))
        {
            File.Delete(promise);
        }
    }

    public void Remove(string name)
    {
        // The promise first: while it stands, so does the pin.
        File.Delete(Path.Combine(_promises, name));
        File.Delete(Path.Combine(_pins, name));
    }

    /// <summary>All of one blob, whoever made them: those of killed processes go as well.</summary>
    public void RemoveAllOfOne(Random chance)
    {
        var names = Directory.GetFiles(_pins);
        if (names.Length == 0)
        {
            return;
        }
        var blob = Path.GetFileName(names[chance.Next(names.Length)]).Split('.')[0];
        foreach (var pin in Directory.GetFiles(_pins, blob + ".*"))
        {
            Remove(Path.GetFileName(pin));
        }
    }

    public bool IsPinned(BlobId id) => Directory.EnumerateFiles(_pins, $"{id}.*").Any();

    public (BlobId Id, string Name)? AnyPromise(Random chance)
    {
        var promises = Promises();
        return promises.Count == 0 ? null : promises[chance.Next(promises.Count)];
    }

    // Somebody may take the pin away before its promise is written.
    public bool IsPromised((BlobId Id, string Name) promise) =>
        File.Exists(Path.Combine(_promises, promise.Name)) && File.Exists(Path.Combine(_pins, promise.Name));

    public List<(BlobId Id, string Name)> Promises() =>
        [
            .. Directory
                .GetFiles(_promises)
                .Select(path => Path.GetFileName(path))
                .Select(name => (BlobId.Parse(name.Split('.')[0]), name))
                .Where(IsPromised),
        ];
}
