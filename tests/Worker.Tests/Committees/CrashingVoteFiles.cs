using Marketplace.Worker;

namespace Marketplace.Tests.Worker.Committees;

/// <summary>
/// A folder whose power may be cut at each call. What was flushed stays; of what was not, any part stays: the first bytes of an append, or
/// others of the same number; each rename and deletion from the first on, or fewer.
/// </summary>
public sealed class CrashingVoteFiles(Random random) : IVoteFiles
{
    private readonly List<Action<Dictionary<string, Content>>> _changes = [];
    private Dictionary<string, Content> _durable = [];
    private Dictionary<string, Content> _seen = [];

    /// <summary>Calls that still work; the one after them never returns.</summary>
    public int CallsLeft { get; set; } = int.MaxValue;

    /// <summary>Whether the disk fails without a crash: each call throws then, and the process lives on.</summary>
    public bool Fails { get; set; }

    /// <summary>
    /// Calls that still work; the one after them throws when half of it is done, as on a full disk, and those behind it work again. A file
    /// whose flush has failed says of each later one that it is done, and nothing is (as Linux does).
    /// </summary>
    public int CallsBeforeFailure { get; set; } = int.MaxValue;

    public string PathOf(string name) => name;

    public bool Exists(string name) => _seen.ContainsKey(name);

    public byte[]? Read(string name) => _seen.TryGetValue(name, out var content) ? [.. content.Bytes] : null;

    public IVoteFile Create(string name)
    {
        Call();
        if (_seen.ContainsKey(name))
        {
            throw new IOException($"{name} is there.");
        }
        var content = new Content();
        Change(files => files[name] = content);
        return new OpenFile(this, content);
    }

    public void Note(string name, ReadOnlySpan<byte> bytes)
    {
        Call();
        if (!_seen.TryGetValue(name, out var content))
        {
            content = new Content();
            Change(files => files[name] = content);
        }
        content.Write(bytes);
    }

    public void Rename(string from, string to)
    {
        Call();
        var content = _seen[from];
        Change(files =>
        {
            files.Remove(from);
            files[to] = content;
        });
    }

    public void Delete(string name)
    {
        Call();
        Change(files => files.Remove(name));
    }

    public void FlushFolder()
    {
        Call();
        _changes.ForEach(change => change(_durable));
        _changes.Clear();
    }

    /// <summary>Power is back: what is in the folder now is all that there is.</summary>
    public void Reboot()
    {
        var kept = random.Next(_changes.Count + 1);
        _changes.Take(kept).ToList().ForEach(change => change(_durable));
        _changes.Clear();
        foreach (var content in _durable.Values.Distinct())
        {
            content.Lose(random);
        }
        _seen = new Dictionary<string, Content>(_durable);
        CallsLeft = CallsBeforeFailure = int.MaxValue;
    }

    /// <summary>The file, to be damaged, or copied and put back.</summary>
    public void Replace(string name, byte[] bytes)
    {
        var content = new Content();
        content.Bytes.AddRange(bytes);
        content.Flush();
        _durable[name] = _seen[name] = content;
    }

    private void Change(Action<Dictionary<string, Content>> change)
    {
        change(_seen);
        _changes.Add(change);
    }

    private void Call()
    {
        if (Fails)
        {
            throw new IOException("The disk fails.");
        }
        if (CallsLeft-- == 0)
        {
            throw new PowerCut();
        }
        if (CallsBeforeFailure-- == 0)
        {
            throw new IOException("The disk fails once.");
        }
    }

    /// <summary>The process does not see it: no handler of the product runs.</summary>
    public sealed class PowerCut : Exception;

    private sealed class Content
    {
        private int _flushed;

        public List<byte> Bytes { get; } = [];

        /// <summary>A flush has failed: no later one does anything.</summary>
        public bool IsLost { get; set; }

        public void Flush() => _flushed = IsLost ? _flushed : Bytes.Count;

        /// <summary>In its place: what was there before is lost, whatever becomes of it.</summary>
        public void Write(ReadOnlySpan<byte> bytes)
        {
            Bytes.Clear();
            Bytes.AddRange(bytes);
            _flushed = 0;
        }

        public void Lose(Random random)
        {
            var size = random.Next(_flushed, Bytes.Count + 1);
            Bytes.RemoveRange(size, Bytes.Count - size);
            // A block may be there by its length and not by its content.
            if (size > _flushed && random.Next(3) == 0)
            {
                for (var index = random.Next(_flushed, size); index < size; index++)
                {
                    Bytes[index] = 0;
                }
            }
            IsLost = false;
            Flush();
        }
    }

    private sealed class OpenFile(CrashingVoteFiles files, Content content) : IVoteFile
    {
        public void Append(ReadOnlySpan<byte> bytes)
        {
            // A crash may come when some of it is written, and a disk be full then.
            content.Bytes.AddRange(bytes[..(bytes.Length / 2)]);
            var half = content.Bytes.Count;
            content.Bytes.AddRange(bytes[(bytes.Length / 2)..]);
            try
            {
                files.Call();
            }
            catch (IOException)
            {
                content.Bytes.RemoveRange(half, content.Bytes.Count - half);
                throw;
            }
        }

        public void Flush()
        {
            try
            {
                files.Call();
            }
            catch (IOException)
            {
                content.IsLost = true;
                throw;
            }
            content.Flush();
        }

        public void Dispose() { }
    }
}
