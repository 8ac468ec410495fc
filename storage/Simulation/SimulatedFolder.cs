namespace Marketplace.Storage;

/// <summary>A folder of a <see cref="SimulatedDisk"/>.</summary>
internal sealed class SimulatedFolder(SimulatedDisk disk, string folder) : IJournalFiles
{
    private readonly List<Action<SortedDictionary<string, SimulatedFile>>> _unflushed = [];
    private SortedDictionary<string, SimulatedFile> _seen = new(StringComparer.Ordinal);
    private SortedDictionary<string, SimulatedFile> _durable = new(StringComparer.Ordinal);

    public string Folder => folder;

    public IReadOnlyList<string> List()
    {
        disk.ThrowIfOff();
        return [.. _seen.Keys];
    }

    public IJournalFile Create(string name, long size)
    {
        disk.Do(growing: true);
        if (_seen.ContainsKey(name))
        {
            throw new IOException($"'{name}' exists.");
        }
        var file = new SimulatedFile();
        if (size > 0)
        {
            file.SetLength(size);
        }
        Change(files => files[name] = file);
        return new Handle(disk, file);
    }

    public IJournalFile Open(string name)
    {
        disk.ThrowIfOff();
        return _seen.TryGetValue(name, out var file) ? new Handle(disk, file) : throw new FileNotFoundException($"There is no '{name}'.");
    }

    public void Rename(string from, string to)
    {
        disk.Do();
        var file = _seen[from];
        Change(files =>
        {
            files.Remove(from);
            files[to] = file;
        });
    }

    public void Delete(string name)
    {
        disk.Do();
        Change(files => files.Remove(name));
    }

    /// <summary>Where it fails, the changes still wait: a file system that forgot one of them would not go on at all.</summary>
    public void FlushFolder()
    {
        if (!disk.DoFlush(() => { }))
        {
            return;
        }
        foreach (var change in _unflushed)
        {
            change(_durable);
        }
        _unflushed.Clear();
    }

    /// <summary>A file system keeps the order of such changes; how many of them reached the disk is chance.</summary>
    public void CutPower(Random random)
    {
        foreach (var change in _unflushed.Take(random.Next(_unflushed.Count + 1)))
        {
            change(_durable);
        }
        _unflushed.Clear();
        _seen = new(_durable, StringComparer.Ordinal);
        foreach (var file in _seen.Values)
        {
            file.CutPower(random);
        }
    }

    public SimulatedFile File(string name) => _seen[name];

    private void Change(Action<SortedDictionary<string, SimulatedFile>> change)
    {
        change(_seen);
        _unflushed.Add(change);
    }

    private sealed class Handle(SimulatedDisk disk, SimulatedFile file) : IJournalFile
    {
        private readonly long _life = disk.Life;

        public long Length => Alive().Length;

        public int Read(long offset, Span<byte> destination) => Alive().Read(offset, destination);

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            var torn = bytes[..disk.Random.Next(bytes.Length + 1)].ToArray();
            disk.Do(growing: true, onTorn: () => Alive().Write(offset, torn));
            Alive().Write(offset, bytes);
        }

        public void SetLength(long length)
        {
            disk.Do();
            Alive().SetLength(length);
        }

        public void Flush()
        {
            if (disk.DoFlush(() => Alive().FailFlush(disk.Random)))
            {
                Alive().Flush();
            }
        }

        public void Dispose() { }

        private SimulatedFile Alive() => disk.Life == _life ? file : throw new IOException("The file was opened before the power was cut.");
    }
}
